//! Text and numbers don't add up.

#[icosian::flow(table = "t")]
mod wrong {
    use icosian::typed::{Col, Text};

    fn y(x: Col<f64>, s: Col<Text>) -> Col<f64> {
        x + s
    }
}
