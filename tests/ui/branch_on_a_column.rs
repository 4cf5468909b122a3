//! A column is no value to branch on.

#[icosian::flow(table = "t")]
mod wrong {
    use icosian::typed::Col;

    fn y(x: Col<f64>) -> Col<f64> {
        if x > 0.0 { x } else { -x }
    }
}
