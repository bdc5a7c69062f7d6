mod common;
use derive_print::*;
#[test]
fn time() {
    let mut d = common::two_layer();
    let s = d.network.symbols.clone();
    let f = d.forward.clone();
    let st = d.statements.clone();
    for _ in 0..31 {
        d.network.symbols.splice(
            0..0,
            s.iter().map(|x| {
                let mut x = x.clone();
                x.name = derive_graph::Name::new(&format!("{}q", x.name));
                x.layer = None;
                x
            }),
        );
        d.forward.extend(f.clone());
        d.statements.extend(st.clone());
    }
    for steps in [Steps::Key, Steps::Full] {
        for format in [Format::Text, Format::Latex] {
            let t = std::time::Instant::now();
            let out = render(
                &d,
                &Options {
                    format,
                    steps,
                    ..Options::default()
                },
            )
            .unwrap();
            println!(
                "{:?} {:?} {} bytes {:?}",
                steps,
                format,
                out.len(),
                t.elapsed()
            );
        }
    }
    let d = common::two_layer();
    for _ in 0..3 {
        let t = std::time::Instant::now();
        let _ = render(&d, &Options::default());
        println!("small {:?}", t.elapsed());
    }
    std::fs::write(
        "/tmp/ex/key.tex",
        render(
            &d,
            &Options {
                format: Format::Latex,
                standalone: true,
                ..Options::default()
            },
        )
        .unwrap(),
    )
    .unwrap();
    std::fs::write(
        "/tmp/ex/full.txt",
        render(
            &d,
            &Options {
                steps: Steps::Full,
                ..Options::default()
            },
        )
        .unwrap(),
    )
    .unwrap();
}
