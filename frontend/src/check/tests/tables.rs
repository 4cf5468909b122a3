//! x
use super::*;
#[test]
fn dump() {
    let text = include_str!("../../syntax/testdata/language.flow");
    let checked = check_files(
        text,
        &[(
            "geo.flow",
            "table track { start: str, km: f64 }\nfn double(x) = x * 2",
        )],
        &[],
    );
    for d in told(&checked, text) {
        println!("{d:?}");
    }
    for n in checked.graph.nodes.values() {
        println!("{} : {} hidden={}", n.name, n.ty, n.hidden);
    }
    for t in &checked.tests {
        println!("{t:#?}");
    }
    for o in &checked.graph.outputs {
        println!(
            "{} {:?}",
            o.name,
            o.nodes
                .iter()
                .map(|n| &checked.graph.nodes[*n].name)
                .collect::<Vec<_>>()
        );
    }
}
