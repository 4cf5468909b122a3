//! A flow that compiles: if this does not, nothing is said by the others that do not.

#[icosian::flow(table = "t")]
mod right {
    use icosian::typed::Col;

    fn y(x: Col<f64>) -> Col<f64> {
        x + 1.0
    }
}
