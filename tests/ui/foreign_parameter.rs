//! A parameter is a column, a single value or a param.

#[icosian::flow(table = "t")]
mod wrong {
    use icosian::typed::Col;

    fn y(x: Vec<f64>) -> Col<f64> {
        x
    }
}
