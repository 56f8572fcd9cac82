use super::{Battery, Plan, StudyPart, Transfer};
use crate::attack::{AttackKind, Norm, Surface};
use crate::data::{Bundled, DataSource, KnownClasses};
use crate::experiment::Experiment;
use crate::head::HeadConfig;
use crate::task::Task;
use crate::train::Adversary;

/// How much the study does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A few heads, one seed, some of the images: minutes.
    Quick,
    /// What two cores do in some hours.
    Default,
    /// All sizes of perturbations, L2, all seeds, adversarial training on both sets: days.
    Full,
}

/// Seeds of a head in natural training.
const SEEDS: u64 = 5;

/// Passes of adversarial training over the images: those of natural training leave it far from its end.
const ADVERSARIAL_EPOCHS: usize = 10;

/// Test images that are attacked.
const IMAGES: usize = 1000;

/// DOME with the sigma that falls, trained by the other loss.
const ANNEALED_BRIER: &str = "annealed-dome(loss=brier)";

/// Those that the whole ensemble attacks after natural training, and that `--quick` compares.
const FEW: [&str; 5] = [
    "softmax",
    "multi-dome-brier",
    "annealed-dome",
    "cosface",
    "mmc",
];

/// Those that are trained adversarially, with their number of seeds in the default study.
const ADVERSARIAL: [(&str, u64); 8] = [
    ("softmax", 2),
    ("annealed-dome", 2),
    (ANNEALED_BRIER, 2),
    ("multi-dome-nll", 1),
    ("multi-dome-brier", 1),
    ("cosface", 1),
    ("mmc", 1),
    ("etf", 1),
];

/// Classes to learn: the half that published figures are of, and the five splits of CAC's authors
/// (github.com/dimitymiller/cac-openset).
const SPLITS: [&str; 6] = [
    "0,1,2,3,4",
    "0,1,2,3,6,9",
    "2,3,5,7,8,9",
    "0,2,3,5,7,9",
    "0,1,3,4,5,7",
    "0,2,4,6,8,9",
];

fn head(name: &str) -> HeadConfig {
    name.parse().expect("a name of the list")
}

fn few() -> Vec<HeadConfig> {
    FEW.map(head).into()
}

/// All heads for ten classes in the embedding of the default size.
fn all_heads() -> Vec<HeadConfig> {
    let named = HeadConfig::named().into_iter().map(|(_, head)| head);
    let size = Task::Digits.embedding_dim();
    let classes = Task::Digits.classes();
    named
        .filter(|head| head.classes().contains(&classes) && head.embedding_dim(size) == size)
        .chain([head(ANNEALED_BRIER)])
        .collect()
}

/// What says little of robustness: attacks through other values than the scores, and by the gradients of softmax and the
/// other way round.
fn careless(eps: f32, heads: &[HeadConfig], seeds: u64) -> Vec<Battery> {
    let others: Vec<HeadConfig> = heads
        .iter()
        .copied()
        .filter(|of| *of != head("softmax"))
        .collect();
    let through = [Surface::LogProbabilities, Surface::TrainingLoss]
        .map(|surface| Battery::through(surface, eps, IMAGES).of(heads, seeds));
    let transferred = [Transfer::FromSoftmax, Transfer::ToSoftmax]
        .map(|transfer| Battery::transferred(transfer, eps, IMAGES).of(&others, seeds));
    through.into_iter().chain(transferred).collect()
}

fn title(set: Bundled) -> &'static str {
    match set {
        Bundled::Mnist => "MNIST",
        Bundled::FashionMnist => "Fashion-MNIST",
    }
}

impl Scope {
    /// The plan.
    pub fn plan(self) -> Plan {
        let natural = Bundled::ALL.map(|set| self.natural(set));
        let sets: &[Bundled] = match self {
            Self::Quick | Self::Default => &[Bundled::Mnist],
            Self::Full => &Bundled::ALL,
        };
        let adversarial = sets.iter().map(|&set| self.adversarial(set));
        let splits: &[&str] = match self {
            Self::Quick => &[],
            Self::Default | Self::Full => &SPLITS,
        };
        let splits = splits.iter().map(|classes| self.some_classes(classes));
        let parts = natural.into_iter().chain(adversarial).chain(splits);
        Plan {
            parts: parts.collect(),
        }
    }

    /// Training on some of MNIST's classes; the others are outliers.
    fn some_classes(self, classes: &str) -> StudyPart {
        let known: KnownClasses = classes.parse().expect("labels of the list");
        let heads = few();
        // Where one split is compared with published figures, seeds say how sure the difference is; elsewhere splits do.
        let seeds = match (known.labels().len(), self) {
            (5, _) | (_, Self::Full) => SEEDS,
            _ => 1,
        };
        let unknown = (0..10u8).filter(|&label| known.class_of(label).is_none());
        let unknown: Vec<String> = unknown.map(|label| label.to_string()).collect();
        StudyPart {
            name: format!("mnist-{}", classes.replace(',', "")),
            title: format!("MNIST, {known} against {}", unknown.join(",")),
            seeds: vec![seeds; heads.len()],
            experiment: Experiment {
                data: DataSource::Bundled(Bundled::Mnist),
                heads,
                embedding_dim: known.labels().len() - 1,
                classes: Some(known),
                ..Experiment::new(Task::Digits)
            },
            evaluations: vec!["unknown-classes".into()],
            batteries: Vec::new(),
        }
    }

    fn natural(self, set: Bundled) -> StudyPart {
        use AttackKind::{ApgdCe, Fgsm, Pgd};
        let first = [Fgsm, Pgd, ApgdCe];
        let each =
            |attacks: &[AttackKind], norm, eps: &[f32]| Battery::each(attacks, norm, eps, IMAGES);
        let linf = Norm::Linf;
        let ensemble = Battery::ensemble(0.1, IMAGES);
        let (heads, seeds, batteries) = match self {
            Self::Quick => (few(), 1, vec![Battery::each(&first, linf, &[0.1], 200)]),
            Self::Default => {
                let mut batteries = vec![each(&first, linf, &[0.1]), each(&[Pgd], linf, &[0.3])];
                if set == Bundled::Mnist {
                    batteries.push(ensemble.of(&few(), 1));
                    batteries.extend(careless(0.1, &few(), 1));
                }
                (all_heads(), SEEDS, batteries)
            }
            Self::Full => {
                let of_l2 = Battery {
                    norm: Norm::L2,
                    ..Battery::ensemble(1.5, IMAGES)
                };
                let mut batteries = vec![
                    each(&first, linf, &[0.1, 0.05, 0.2, 0.3]),
                    each(&[Pgd], linf, &[0.5, 0.75, 1.0]),
                    each(&first, Norm::L2, &[0.5, 1.0, 1.5, 2.0]),
                    ensemble.of(&few(), SEEDS),
                    of_l2.of(&few(), 1),
                ];
                batteries.extend(careless(0.1, &few(), SEEDS));
                (all_heads(), SEEDS, batteries)
            }
        };
        let quick = self == Self::Quick;
        let letters = (set == Bundled::Mnist).then_some("letters");
        let evaluations = ["neural-collapse-training", "outliers"]
            .into_iter()
            .chain(letters);
        let default = Experiment::new(Task::Digits);
        StudyPart {
            name: set.name().into(),
            title: format!("{}, natural training", title(set)),
            seeds: vec![seeds; heads.len()],
            experiment: Experiment {
                data: DataSource::Bundled(set),
                heads,
                limit_train: quick.then_some(12_000),
                epochs: if quick { 4 } else { default.epochs },
                ..default
            },
            evaluations: evaluations.map(String::from).collect(),
            batteries,
        }
    }

    fn adversarial(self, set: Bundled) -> StudyPart {
        // Those that the literature trains with; the others are for the curve.
        let (eps, size, others): (f64, f32, &[f32]) = match set {
            Bundled::Mnist => (0.3, 0.3, &[0.1, 0.2]),
            Bundled::FashionMnist => (0.1, 0.1, &[0.05, 0.2]),
        };
        use AttackKind::{ApgdCe, Fgsm, Pgd, PgdMargin};
        let of_all =
            |eps: &[f32]| Battery::each(&[Fgsm, Pgd, PgdMargin, ApgdCe], Norm::Linf, eps, IMAGES);
        let ensemble = Battery::ensemble(size, IMAGES);
        let heads = |rows: &[(&str, u64)]| rows.iter().map(|(name, _)| head(name)).collect();
        let (heads, seeds, batteries): (Vec<HeadConfig>, Vec<u64>, _) = match self {
            Self::Quick => (
                vec![head("softmax"), head("annealed-dome")],
                vec![1; 2],
                vec![Battery::each(
                    &[Fgsm, Pgd, ApgdCe],
                    Norm::Linf,
                    &[size],
                    200,
                )],
            ),
            Self::Default => (
                heads(&ADVERSARIAL),
                ADVERSARIAL.map(|(_, seeds)| seeds).into(),
                [
                    vec![of_all(&[size]), ensemble],
                    careless(size, &heads(&ADVERSARIAL), 1),
                ]
                .concat(),
            ),
            Self::Full => (
                heads(&ADVERSARIAL),
                vec![SEEDS; ADVERSARIAL.len()],
                vec![
                    of_all(&[&[size], others].concat()),
                    ensemble,
                    Battery::each(&[Pgd], Norm::Linf, &[0.5, 0.75, 1.0], IMAGES),
                ]
                .into_iter()
                .chain(careless(size, &heads(&ADVERSARIAL), SEEDS))
                .collect(),
            ),
        };
        let quick = self == Self::Quick;
        StudyPart {
            name: format!("{}-adversarial-{eps}", set.name()),
            title: format!("{}, adversarial training at eps {eps}", title(set)),
            seeds,
            experiment: Experiment {
                data: DataSource::Bundled(set),
                heads,
                channels: [16, 32],
                adversary: Some(Adversary::of_eps(eps)),
                limit_train: quick.then_some(12_000),
                epochs: if quick { 6 } else { ADVERSARIAL_EPOCHS },
                ..Experiment::new(Task::Digits)
            },
            evaluations: Vec::new(),
            batteries,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Changes;
    use super::*;

    fn count(plan: &Plan, part: &str) -> usize {
        let trainings = plan.trainings();
        trainings.iter().filter(|t| t.part == part).count()
    }

    #[test]
    fn sizes() {
        let heads = all_heads().len();
        assert!(heads >= 20, "{heads}");
        let default = Scope::Default.plan();
        assert_eq!(default.parts.len(), 3 + SPLITS.len());
        let splits: Vec<usize> = default.parts[3..]
            .iter()
            .map(|part| count(&default, &part.name))
            .collect();
        assert_eq!(splits, [25, 5, 5, 5, 5, 5]);
        let half = &default.parts[3];
        assert_eq!(
            (half.name.as_str(), half.title.as_str()),
            ("mnist-01234", "MNIST, 0,1,2,3,4 against 5,6,7,8,9")
        );
        for set in ["mnist", "fashion-mnist"] {
            assert_eq!(count(&default, set), 5 * heads);
        }
        assert_eq!(count(&default, "mnist-adversarial-0.3"), 11);
        let full = Scope::Full.plan();
        assert_eq!(full.trainings().len(), 10 * heads + 80 + 150);
        assert_eq!(count(&full, "fashion-mnist-adversarial-0.1"), 40);
        assert_eq!(Scope::Quick.plan().trainings().len(), 12);
        for plan in [Scope::Quick.plan(), default, full] {
            plan.validate().unwrap();
            let paths: Vec<_> = plan.trainings().iter().map(|t| t.path()).collect();
            let mut distinct = paths.clone();
            distinct.sort();
            distinct.dedup();
            assert_eq!(distinct.len(), paths.len());
            let json = serde_json::to_string(&plan).unwrap();
            assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
        }
    }

    /// The first link of the ensemble is the attack that is asked for alone, too.
    #[test]
    fn nothing_is_asked_twice() {
        let plan = Scope::Default.plan();
        let questions = |name: &str, seed| plan.parts[0].training(head(name), seed).questions.len();
        // Two surfaces; and both ways of a transfer for the others.
        assert_eq!(questions("softmax", 0), 4 + 3 + 2);
        assert_eq!(questions("softmax", 1), 4);
        assert_eq!(questions("mmc", 0), 4 + 3 + 2 + 2);
        assert_eq!(questions("arcface", 0), 4);
        assert_eq!(
            plan.parts[2].training(head("mmc"), 0).questions.len(),
            4 + 3 + 2 + 2
        );
    }

    #[test]
    fn less_of_it() {
        let changes = Changes {
            parts: vec!["mnist".into(), "mnist-adversarial-0.3".into()],
            heads: vec![head("cosface"), head("arcface")],
            seeds: Some(1),
            limit_train: Some(500),
            epochs: Some(1),
            images: Some(10),
        };
        let plan = Scope::Default.plan().changed(&changes);
        plan.validate().unwrap();
        let trainings = plan.trainings();
        let names: Vec<String> = trainings.iter().map(|t| t.name()).collect();
        let expected = [
            "mnist, cosface, seed 0",
            "mnist, arcface, seed 0",
            "mnist-adversarial-0.3, cosface, seed 0",
        ];
        let mut sorted = names.clone();
        sorted.sort();
        let mut wanted = expected.map(String::from);
        wanted.sort();
        assert_eq!(sorted, wanted);
        for training in &trainings {
            let of = &training.experiment;
            assert_eq!((of.limit_train, of.epochs), (Some(500), 1));
            assert!(training.questions.iter().all(|q| q.images == 10));
        }
        let nothing = Changes {
            heads: vec![head("dome")],
            ..Changes::default()
        };
        let error = Scope::Quick.plan().changed(&nothing).validate();
        assert!(error.unwrap_err().to_string().contains("is empty"));
        let no_seeds = Changes {
            seeds: Some(0),
            ..Changes::default()
        };
        let error = Scope::Quick.plan().changed(&no_seeds).validate();
        assert!(error.unwrap_err().to_string().contains("--seeds is 0"));
    }
}
