//! A node has a value.

#[icosian::flow(table = "t")]
mod wrong {
    use icosian::typed::Col;

    fn y(x: Col<f64>) {}
}
