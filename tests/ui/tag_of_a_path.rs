//! Tags hold literals.

#[icosian::flow(table = "t")]
mod wrong {
    use icosian::typed::Col;

    #[tag(owner = ops)]
    fn y(x: Col<f64>) -> Col<f64> {
        x
    }
}
