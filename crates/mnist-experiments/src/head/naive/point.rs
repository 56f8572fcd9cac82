/// Where a loss is taken, in f64.
#[derive(Debug, Clone)]
pub struct Point {
    /// The embeddings, one row each.
    pub x: Vec<Vec<f64>>,
    /// The classes of the embeddings.
    pub targets: Vec<usize>,
    pub parameters: Vec<Parameter>,
}

#[derive(Debug, Clone)]
pub struct Parameter {
    pub path: String,
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
    /// None of a parameter without gradient.
    pub gradient: Option<Vec<f64>>,
    pub learned: bool,
}

impl Point {
    fn parameter(&self, path: &str) -> &Parameter {
        let found = self.parameters.iter().find(|p| p.path == path);
        found.unwrap_or_else(|| panic!("no {path} in {self:?}"))
    }

    /// The numbers of a parameter, one row after the other.
    pub fn vector(&self, path: &str) -> &[f64] {
        &self.parameter(path).values
    }

    /// The rows of a parameter.
    pub fn rows(&self, path: &str) -> Vec<Vec<f64>> {
        let parameter = self.parameter(path);
        let columns = *parameter.shape.last().unwrap();
        let rows = parameter.values.chunks(columns);
        rows.map(<[f64]>::to_vec).collect()
    }

    /// The columns of a parameter, which the classes' weights are in a linear layer.
    pub fn columns(&self, path: &str) -> Vec<Vec<f64>> {
        let rows = self.rows(path);
        let column = |k: usize| rows.iter().map(|row| row[k]).collect();
        (0..rows[0].len()).map(column).collect()
    }

    /// The mean of a value of each embedding and its target.
    pub fn mean(&self, value: impl Fn(&[f64], usize) -> f64) -> f64 {
        let each = self.x.iter().zip(&self.targets);
        let sum: f64 = each.map(|(x, &target)| value(x, target)).sum();
        sum / self.x.len() as f64
    }
}
