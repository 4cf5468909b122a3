//! What may be null needs an `Option`.

#[icosian::flow(table = "t")]
mod wrong {
    use icosian::typed::Col;

    fn y(x: Col<Option<f64>>) -> Col<f64> {
        x * 2.0
    }
}
