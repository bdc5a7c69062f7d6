//! Prints every statement of a spec in raw form: a developer's view.
#![allow(clippy::print_stdout, reason = "a developer's tool")]
fn show(t: &derive_index::Term) -> String {
    use derive_index::Head;
    let c = || t.children().iter().map(show).collect::<Vec<_>>().join(" ");
    match t.head() {
        Head::Number(n) => n.to_string(),
        Head::Dimension(n) => format!("#{n}"),
        Head::Tensor(n, _) => n.to_string(),
        Head::Index(derive_index::Index::Unit) => "!".into(),
        Head::Index(i) => format!("i{}", i.id().unwrap_or(0)),
        Head::Ones(s) => format!("1{s}"),
        h => format!("({h:?} {})", c()),
    }
}
fn main() {
    let source = std::fs::read(std::env::args().nth(1).expect("a spec")).expect("readable");
    let outcome = match derive_engine::run(&source, &derive_engine::Config::default()) { Ok(o) => o, Err(e) => { println!("{e:#?}"); return } };
    for s in &outcome.derivation.statements {
        println!("== {} {:?} saturated {}", s.variable, s.kind, s.saturated);
        for l in &s.chain { println!("  via {}: raw {}\n     value {}", l.user, show(&l.local.raw), show(&l.local.value));
            for st in &l.local.steps { println!("        [{}{}] {}", st.rule, if st.backwards {" back"} else {""}, show(&st.after)); } }
        println!("  start {}", show(&s.start));
        for st in &s.steps { println!("   [{}{}] {} {:?}", st.rule, if st.backwards {" back"} else {""}, show(&st.after), st.site); }
        println!("  RESULT {}   full {}", show(&s.result), s.in_full.as_ref().map_or(String::new(), show));
    }
    println!("{:#?}", outcome.derivation.verdict);
    for c in &outcome.derivation.claims { println!("claim {} {} {}", c.holds, c.text, c.reason); }
}
