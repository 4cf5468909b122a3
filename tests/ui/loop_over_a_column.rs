//! Functions run once, at build, on symbols: there are no rows to loop over.

#[icosian::flow(table = "t")]
mod wrong {
    use icosian::typed::Col;

    fn y(x: Col<f64>) -> Col<f64> {
        for row in x {}
        x
    }
}
