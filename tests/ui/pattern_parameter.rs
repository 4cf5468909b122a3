//! A parameter's name is the node it stands for.

#[icosian::flow(table = "t")]
mod wrong {
    use icosian::typed::Col;

    fn y((a, b): (Col<f64>, Col<f64>)) -> Col<f64> {
        a + b
    }
}
