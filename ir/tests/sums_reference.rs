//! Sums, means, variances and covariances against exact fractions worked out in Python
//! (`oracle/sums_reference.py`).

use icosian_ir::meaning::sums::{CoMoments, ExactSum, Moments};

fn numbers(line: &str) -> Vec<Option<u64>> {
    let number = |word: &str| u64::from_str_radix(word, 16).expect("hexadecimal bits");
    line.split_whitespace()
        .map(|word| (word != "-").then(|| number(word)))
        .collect()
}

fn values(line: &str) -> Vec<f64> {
    numbers(line)
        .into_iter()
        .map(|bits| f64::from_bits(bits.expect("a value")))
        .collect()
}

#[test]
fn agrees_with_exact_fractions() {
    let lines: Vec<&str> = include_str!("oracle/sums_reference.txt").lines().collect();
    assert!(lines.len() > 600);
    let bits = |value: Option<f64>| value.map(f64::to_bits);
    for (index, case) in lines.chunks_exact(4).enumerate() {
        let (x, y) = (values(case[0]), values(case[2]));
        let mut sum = ExactSum::new();
        sum.add_slice(&x);
        let mut moments = Moments::new();
        moments.add_slice(&x);
        let mut pairs = CoMoments::new();
        x.iter().zip(&y).for_each(|(&x, &y)| pairs.add(x, y));
        let got = vec![
            bits(Some(sum.value())),
            bits(moments.mean()),
            bits(moments.variance(0)),
            bits(moments.variance(1)),
        ];
        assert_eq!(got, numbers(case[1]), "case {index}: {x:?}");
        assert_eq!(bits(sum.mean(x.len() as u64)), got[1]);
        assert_eq!(bits(Some(moments.sum())), got[0]);
        assert_eq!(bits(pairs.variances(1).map(|(x, _)| x)), got[3]);
        let got = vec![bits(pairs.covariance(0)), bits(pairs.covariance(1))];
        assert_eq!(got, numbers(case[3]), "case {index}: {x:?}, {y:?}");
    }
}
