//! The values and derivatives at 60 digits that `golden/generate.py` made.

use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    scalar: Vec<Scalar>,
}

#[derive(Deserialize)]
pub struct Scalar {
    pub x: f64,
    pub mu: f64,
    pub sigma: f64,
    pub pi: f64,
    pub dome: f64,
    pub dome_grad_x_mu_sigma: [f64; 3],
    pub pdome: f64,
    pub pdome_grad_x_mu_sigma_pi: [f64; 4],
    pub bce_target_1: f64,
    pub bce_target_0: f64,
    pub bce_target_1_grad_x_mu_sigma: [f64; 3],
    pub bce_target_0_grad_x_mu_sigma: [f64; 3],
    pub log_odds: f64,
    pub log_odds_grad_x_mu_sigma: [f64; 3],
}

pub fn golden() -> Vec<Scalar> {
    let golden: Golden = serde_json::from_str(include_str!("../golden/golden.json")).unwrap();
    assert_eq!(golden.scalar.len(), 300);
    golden.scalar
}
