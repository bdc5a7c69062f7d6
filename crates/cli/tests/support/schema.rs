//! As much of JSON Schema as `docs/derive.schema.json` uses. A keyword that is not known is an error, so that none is passed over.

use serde_json::Value;

/// Keywords that say nothing about the value.
const REMARKS: &[&str] = &["$schema", "title", "description", "$defs"];

/// Every way in which the value breaks the schema, each with the place where it does.
pub fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    visit(schema, schema, value, "$", &mut found);
    found
}

fn visit(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let keywords = schema.as_object().expect("a schema is an object");
    for (keyword, wanted) in keywords {
        match keyword.as_str() {
            "$ref" => {
                let path = wanted.as_str().and_then(|path| path.strip_prefix('#'));
                let target = path.and_then(|path| root.pointer(path));
                visit(root, target.expect("a definition"), value, at, found);
            }
            "type" if !has_type(wanted, value) => found.push(format!("{at} is not {wanted}")),
            "const" if wanted != value => found.push(format!("{at} is not {wanted}")),
            "enum" if !wanted.as_array().is_some_and(|all| all.contains(value)) => {
                found.push(format!("{at} is none of {wanted}"));
            }
            "anyOf" => {
                let all = wanted.as_array().expect("alternatives");
                if !all.iter().any(|one| fits(root, one, value)) {
                    found.push(format!("{at} fits no alternative"));
                }
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items.for_each(|(n, it)| visit(root, wanted, it, &format!("{at}[{n}]"), found));
            }
            "properties" => members(root, wanted, value, at, found),
            "required" => {
                let names = wanted.as_array().into_iter().flatten();
                let missing = names.filter(|name| value.get(name.as_str().unwrap_or("")).is_none());
                found.extend(missing.map(|name| format!("{at} lacks {name}")));
            }
            "additionalProperties" => assert_eq!(wanted, false, "only `false` is understood"),
            "type" | "const" | "enum" => {}
            remark if REMARKS.contains(&remark) => {}
            unknown => panic!("the schema uses `{unknown}`, which this test does not know"),
        }
    }
}

fn members(root: &Value, known: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (name, member) in value.as_object().into_iter().flatten() {
        match known.get(name) {
            Some(schema) => visit(root, schema, member, &format!("{at}.{name}"), found),
            None => found.push(format!("{at}.{name} is not in the schema")),
        }
    }
}

fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    let mut found = Vec::new();
    visit(root, schema, value, "", &mut found);
    found.is_empty()
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let one = |name: &Value| match name.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => panic!("{name} is no type"),
    };
    match wanted {
        Value::Array(names) => names.iter().any(one),
        name => one(name),
    }
}
