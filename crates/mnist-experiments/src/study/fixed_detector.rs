use crate::head::HeadConfig;

/// The detector of outliers that a head is judged by, beside the nearest neighbours: chosen before any outlier was seen,
/// by what the scores are.
#[derive(Debug, Clone, Copy)]
pub struct FixedDetector {
    /// Its [name](crate::ood::Detector::name).
    pub detector: &'static str,
    /// The methods; those that no entry names have the last one.
    pub methods: &'static [&'static str],
    /// Why.
    pub reason: &'static str,
}

/// The one table of choices.
pub const FIXED_DETECTORS: &[FixedDetector] = &[
    FixedDetector {
        detector: "msp",
        methods: &["logit-norm"],
        reason: "its paper (arXiv 2205.09310) detects by the largest probability; what the energy would see, the size \
                 of the logits, is divided away",
    },
    FixedDetector {
        detector: "max-score",
        methods: &[
            "normface",
            "cosface",
            "arcface",
            "crystal-loss",
            "sphereface2",
        ],
        reason: "the largest cosine is the angle to the nearest class; the scores are bounded, and in a log-sum-exp \
                 the other classes would outweigh it",
    },
    FixedDetector {
        detector: "max-score",
        methods: &["duq", "cac"],
        reason: "the distance to the nearest class, by which their papers (arXiv 2003.02037, 2004.02434) reject",
    },
    FixedDetector {
        detector: "energy",
        methods: &["dome", "multi-dome", "annealed-dome"],
        reason: "minus the logarithm of the sum of the bumps: how far an image is from all modes",
    },
    FixedDetector {
        detector: "energy",
        methods: &[],
        reason: "the log-sum-exp of logits or log-densities is the logarithm of a density up to a constant \
                 (arXiv 2010.03759)",
    },
];

impl FixedDetector {
    /// That of a head.
    pub fn of(head: HeadConfig) -> &'static Self {
        let named = |of: &&Self| of.methods.contains(&head.method());
        let last = &FIXED_DETECTORS[FIXED_DETECTORS.len() - 1];
        FIXED_DETECTORS.iter().find(named).unwrap_or(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ood::DETECTORS;

    #[test]
    fn every_entry_is_of_something() {
        let methods: Vec<&str> = HeadConfig::named()
            .iter()
            .map(|(_, h)| h.method())
            .collect();
        for (i, fixed) in FIXED_DETECTORS.iter().enumerate() {
            assert!(DETECTORS.iter().any(|d| d.name() == fixed.detector));
            assert_eq!(fixed.methods.is_empty(), i == FIXED_DETECTORS.len() - 1);
            for method in fixed.methods {
                assert!(methods.contains(method), "{method}");
                let others = FIXED_DETECTORS[..i].iter();
                assert!(others.clone().all(|other| !other.methods.contains(method)));
            }
        }
        let of = |name: &str| FixedDetector::of(name.parse().unwrap()).detector;
        assert_eq!(of("multi-dome-nll"), "energy");
        assert_eq!(of("logit-norm(tau=0.5)"), "msp");
        assert_eq!(of("arcface"), "max-score");
        assert_eq!(of("softmax"), "energy");
    }
}
