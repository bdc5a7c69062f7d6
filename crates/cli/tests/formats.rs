//! Every golden in every format that has no golden file of its own: well-formed, and within the format's promises.

mod support;

use derive_engine::derivation::Derivation;
use derive_engine::{
    Config, Drawing, Format, PrintOptions, Steps, draft, render, render_second, run, run_meanwhile,
};
use serde_json::Value;
use std::path::Path;
use support::schema::violations;

/// A promise of a format: the name of the format, how it is printed, and what its output must satisfy.
type Promise = (Format, Steps, fn(&Path, &str));

const PROMISES: &[Promise] = &[
    (Format::Json, Steps::Key, follows_the_schema),
    (Format::Json, Steps::Full, follows_the_schema),
    (Format::Json, Steps::None, follows_the_schema),
    (Format::Markdown, Steps::Key, survives_markdown),
    (Format::Markdown, Steps::Full, survives_markdown),
    (Format::Html, Steps::Key, is_one_sound_page),
    (Format::Html, Steps::Full, is_one_sound_page),
    (Format::Ascii, Steps::Key, is_narrow_ascii),
    (Format::Ascii, Steps::Full, is_narrow_ascii),
];

#[test]
fn every_golden_keeps_the_promises_of_every_format() {
    for spec in support::goldens() {
        let source = std::fs::read(&spec).expect("readable");
        let asked = support::Asked::by(&source);
        let outcome = run(&source, &asked.config).expect("goldens derive");
        for (format, steps, promise) in PROMISES {
            let options = PrintOptions {
                format: *format,
                steps: *steps,
                expand: asked.expand,
                ..PrintOptions::default()
            };
            let text = render_second(&outcome.derivation, &outcome.second, &options);
            promise(&spec, &text.expect("what was verified prints"));
        }
    }
}

/// What is drawn of a page before its check and after it is together the page that is drawn at once.
#[test]
fn a_page_that_was_begun_before_the_check_is_the_same() {
    for spec in support::goldens() {
        let source = std::fs::read_to_string(&spec).expect("readable");
        let lines = source
            .lines()
            .filter(|line| !line.trim_start().starts_with("claim "));
        let unclaimed = lines.collect::<Vec<_>>().join("\n");
        let outcome = run(unclaimed.as_bytes(), &Config::default()).expect("goldens derive");
        let (whole, mut unchecked) = (outcome.derivation.clone(), outcome.derivation);
        unchecked.verdict = None;
        for (format, steps, _) in PROMISES {
            let options = PrintOptions {
                format: *format,
                steps: *steps,
                ..PrintOptions::default()
            };
            let at_once = render(&whole, &options).expect("what was verified prints");
            match draft(&unchecked, &options).expect("it begins like what prints") {
                Some(begun) => assert_eq!(begun.finish(&whole), at_once, "{}", spec.display()),
                None => assert_eq!(*format, Format::Json, "{}", spec.display()),
            }
        }
    }
}

/// A long network without claims is drawn while it is checked; with claims, which the page tells of, it is not.
#[test]
fn a_long_network_is_drawn_while_it_is_checked() {
    let layers = "layer dense(3) -> tanh\n".repeat(12);
    let spec = format!("input x: [N, 3]\ntarget y: [N, 3]\n{layers}loss mse(yhat, y)\n");
    let claimed = format!("{spec}claim grad(b12) = grad(b12)\n");
    let drawn = |spec: &str| {
        let meanwhile = |derivation: &Derivation| {
            assert!(derivation.verdict.is_none());
            draft(derivation, &PrintOptions::default()).map(|draft| draft.expect("it is a page"))
        };
        run_meanwhile(spec.as_bytes(), &Config::default(), Some(meanwhile)).expect("it derives")
    };
    let (outcome, begun) = drawn(&spec);
    let page = render(&outcome.derivation, &PrintOptions::default()).expect("it prints");
    let several = std::thread::available_parallelism().is_ok_and(|there| there.get() > 1);
    assert_eq!(begun.is_some(), several);
    if let Some(begun) = begun {
        assert_eq!(begun.expect("it prints").finish(&outcome.derivation), page);
    }
    assert!(drawn(&claimed).1.is_none());
}

/// The graph can be drawn, the picture is sound, and both forms have every box and every arrow.
#[test]
fn every_golden_has_a_graph() {
    for spec in support::goldens() {
        let source = std::fs::read(&spec).expect("readable");
        let drawn = |drawing| derive_engine::graph(&source, drawing).expect("it elaborates");
        let (svg, dot) = (drawn(Drawing::Svg), drawn(Drawing::Dot));
        assert!(svg.starts_with("<svg xmlns="), "{}", spec.display());
        elements(&spec, &svg);
        assert_eq!(svg, drawn(Drawing::Svg), "{}", spec.display());
        assert!(
            !svg.contains("NaN") && !svg.contains("inf"),
            "{}",
            spec.display()
        );
        let count = |text: &str, part: &str| text.matches(part).count();
        assert_eq!(
            count(&svg, "<rect"),
            count(&dot, "label="),
            "{}",
            spec.display()
        );
        assert_eq!(count(&svg, "<path d=\"M0 0L8"), 2);
        assert_eq!(
            count(&svg, "marker-end="),
            count(&dot, " -> "),
            "{}",
            spec.display()
        );
    }
}

/// Layers of a symbolic depth have one box for all of them, with the neighbours that it mentions; no layer that the derivation happens to
/// write out is named.
#[test]
fn a_graph_of_symbolic_depth_is_for_every_layer() {
    let deep = support::goldens().into_iter();
    let deep = deep.filter(|spec| spec.to_string_lossy().contains("/depth/"));
    let mut drawn = 0;
    for spec in deep {
        let source = std::fs::read(&spec).expect("readable");
        let dot = derive_engine::graph(&source, Drawing::Dot).expect("it elaborates");
        let numbered = ('2'..='9').map(|digit| format!("{{{digit}}}"));
        let mut layers = numbered.chain(["⁽²⁾", "⁽³⁾", "⁽⁵⁾", "⁽⁷⁾"].map(str::to_owned));
        assert!(layers.all(|layer| !dot.contains(&layer)), "{dot}");
        let wanted = ["⁻¹⁾", "⁽ˡ⁾", "⁽ᵗ⁾", "⁽ᴸ⁾", "⁽ᵀ⁾"].map(|it| dot.contains(it));
        let kinds = wanted.into_iter().filter(|it| *it).count();
        // Where the loss sums over all layers the last one is none by itself.
        assert!(kinds >= 2, "{dot}");
        drawn += usize::from(kinds == 3);
    }
    assert!(drawn > 3);
}

/// Formatting keeps every comment and the meaning, and doing it again changes nothing.
#[test]
fn every_golden_can_be_formatted() {
    for spec in support::goldens() {
        let source = std::fs::read_to_string(&spec).expect("readable");
        let once = derive_engine::formatted(source.as_bytes()).expect("goldens parse");
        let again = derive_engine::formatted(once.as_bytes()).expect("it still parses");
        assert_eq!(once, again, "{}", spec.display());
        let comments = |text: &str| text.matches('#').count();
        assert_eq!(comments(&source), comments(&once), "{}", spec.display());
        let meant = |text: &str| derive_engine::equations(text.as_bytes()).expect("elaborates");
        assert_eq!(meant(&source), meant(&once), "{}", spec.display());
    }
}

fn follows_the_schema(spec: &Path, text: &str) {
    let path = support::root().join("docs/derive.schema.json");
    let schema = std::fs::read_to_string(path).expect("the schema is published");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let value: Value = serde_json::from_str(text).expect("the output is JSON");
    let found = violations(&schema, &value);
    assert!(found.is_empty(), "{}: {found:#?}", spec.display());
    for kind in ["error_signals", "gradients"] {
        let all = value[kind].as_array().expect("a list");
        let steps = all.iter().filter_map(|it| it["steps"].as_array()).flatten();
        steps.for_each(|step| changes_only_what_it_says(spec, step));
    }
    assert!(!text.contains("\"unknown\""), "{}", spec.display());
}

/// Outside the place that a step names, both of its sides are one tree; at that place they differ.
fn changes_only_what_it_says(spec: &Path, step: &Value) {
    let Some(trees) = step.get("trees") else {
        return;
    };
    let (mut before, mut after) = (&trees["before"], &trees["after"]);
    for place in trees["changed"].as_array().expect("a path") {
        let place = usize::try_from(place.as_u64().expect("a position")).expect("a position");
        let [one, other] = [before, after].map(|side| side.as_array().expect("a list"));
        assert_eq!(one.len(), other.len(), "{}: {step}", spec.display());
        for (at, parts) in one.iter().zip(other).enumerate() {
            assert!(
                at == place || parts.0 == parts.1,
                "{}: {step}",
                spec.display()
            );
        }
        (before, after) = (&one[place], &other[place]);
    }
    assert_ne!(before, after, "{}: {step}", spec.display());
}

/// Equations are numbered from 1 in the order of the page, each is cited, and every citation has its equation.
fn cites_what_it_numbers(spec: &Path, page: &str) {
    let number = |text: &str| -> usize {
        let digits = text.split(['"', ')', '<']).next().unwrap_or_default();
        digits.parse().expect("a number")
    };
    let given: Vec<usize> = page.split("id=\"equation-").skip(1).map(number).collect();
    let counted: Vec<usize> = (1..=given.len()).collect();
    assert_eq!(given, counted, "{}", spec.display());
    let mut cited = vec![false; given.len() + 1];
    let pieces: Vec<&str> = page.split("href=\"#equation-").collect();
    let mut last = 0;
    for pair in pieces.windows(2) {
        let next = number(pair[1]);
        // `(2) to (5)` cites all between.
        let from = if pair[0].ends_with("</a> to <a ") {
            last
        } else {
            next
        };
        (from..=next).for_each(|at| cited[at] = true);
        last = next;
    }
    assert!(
        cited[1..].iter().all(|it| *it),
        "{}: {cited:?}",
        spec.display()
    );
}

fn is_narrow_ascii(spec: &Path, text: &str) {
    assert!(text.is_ascii(), "{}", spec.display());
    let wide = text.lines().find(|line| line.len() > 80);
    assert_eq!(wide, None, "{}", spec.display());
    assert!(!text.contains("U+"), "{}: {text}", spec.display());
}

/// Whether a line that begins with this word would be a list or the line below a heading.
fn is_marker(word: &str) -> bool {
    let number = word.strip_suffix(['.', ')']).unwrap_or_default();
    let counted = !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit());
    counted || (!word.is_empty() && word.chars().all(|sign| "-+*=".contains(sign)))
}

/// Markdown changes nothing between the dollars, and reads no line of a formula as a list, a heading or a quotation.
fn survives_markdown(spec: &Path, text: &str) {
    let pieces: Vec<&str> = text.split("$$").collect();
    assert!(pieces.len() % 2 == 1, "{}: `$$` are pairs", spec.display());
    let displays = pieces.iter().skip(1).step_by(2);
    let outside: String = pieces.iter().step_by(2).copied().collect();
    let plain = outside.replace("\\$", "");
    assert!(
        plain.matches('$').count().is_multiple_of(2),
        "{}: `$` are pairs",
        spec.display()
    );
    let inside = plain.split('$').skip(1).step_by(2);
    for formula in displays.copied().chain(inside) {
        assert!(formula.is_ascii(), "{}: {formula}", spec.display());
        let mut signs = formula.chars().peekable();
        while let Some(sign) = signs.next() {
            let next = signs.peek().copied().unwrap_or(' ');
            let eaten = sign == '\\' && next.is_ascii_punctuation();
            let emphasis = sign == '_' && next != ' ' || "*`<>#".contains(sign);
            assert!(
                !eaten && !emphasis,
                "{}: `{sign}{next}` in {formula}",
                spec.display()
            );
        }
        let marker = |line: &str| line.split(' ').next().is_some_and(is_marker);
        let block = |line: &str| marker(line) || line.starts_with(['>', '#']);
        assert!(!formula.lines().any(block), "{}: {formula}", spec.display());
        assert!(!formula.contains(r"\operatorname"), "{}", spec.display());
    }
    assert!(!text.contains("as text, since"), "{}", spec.display());
}

/// Elements that have no end.
const VOID: &[&str] = &["meta", "!doctype"];

/// How many children these elements of MathML must have.
const CHILDREN: &[(&str, usize)] = &[
    ("mfrac", 2),
    ("msup", 2),
    ("msub", 2),
    ("msubsup", 3),
    ("munder", 2),
    ("mover", 2),
];

/// Every element ends where it should and has the children it needs, nothing comes from elsewhere, every formula has content.
fn is_one_sound_page(spec: &Path, text: &str) {
    let (before, rest) = text.split_once("<style>").expect("a style");
    let (_, rest) = rest.split_once("</style>").expect("its end");
    let (body, script) = rest.split_once("<script>").expect("a script");
    let (_, after) = script.split_once("</script>").expect("its end");
    let page = [before, body, after].concat();
    elements(spec, &page);
    let here = text.replace("href=\"#", "");
    for outside in ["://", "src=", "href=", "@import", "url(h", "url(\""] {
        assert!(!here.contains(outside), "{}: {outside}", spec.display());
    }
    assert!(!page.contains("<math></math>"), "{}", spec.display());
    cites_what_it_numbers(spec, &page);
    for link in page.split("href=\"#").skip(1) {
        let target = link.split('"').next().unwrap_or_default();
        let found = page.matches(&format!("id=\"{target}\"")).count();
        assert_eq!(found, 1, "{}: #{target}", spec.display());
    }
}

/// Every element ends where it should and has the children it needs.
fn elements(spec: &Path, page: &str) {
    let mut open: Vec<(&str, usize)> = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        let alone = tag.ends_with('/');
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(name) => {
                let (last, count) = open.pop().expect("nothing ends that did not begin");
                assert_eq!(last, name, "{}", spec.display());
                let wanted = CHILDREN.iter().find(|(known, _)| *known == name);
                assert!(
                    wanted.is_none_or(|(_, wanted)| *wanted == count),
                    "{}: {name}",
                    spec.display()
                );
            }
            None if VOID.contains(&name) || alone => {}
            None => {
                if let Some((_, count)) = open.last_mut() {
                    *count += 1;
                }
                open.push((name, 0));
            }
        }
    }
    assert!(open.is_empty(), "{}: {open:?}", spec.display());
}
