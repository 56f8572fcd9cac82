/// The one list of methods, each with its file and the head that it makes. From it come their modules, what a
/// configuration holds, what a model holds, the command line, names of files, and the tests.
macro_rules! methods {
    ($($file:ident::$method:ident => $head:ty,)*) => {
        $(mod $file; pub use $file::*;)*

        /// Any of the methods, with its settings; made from text such as `dome` or `logit-norm(tau=0.1)`.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub enum HeadConfig {
            $(#[allow(missing_docs)] $method($method),)*
        }

        /// Any of the heads.
        #[allow(clippy::large_enum_variant)] // one in a model: a box would save nothing
        #[derive(Module, Debug)]
        pub enum Head {
            $(#[allow(missing_docs)] $method($head),)*
        }

        impl HeadConfig {
            /// All that have a name, in the order of the list, with their names.
            pub fn named() -> Vec<(&'static str, Self)> {
                let mut all = Vec::new();
                $(all.extend(names::<$method>().map(|(name, method)| (name, Self::$method(method))));)*
                all
            }

            /// Of every method what its bare name means, with this name.
            fn bare() -> Vec<(&'static str, Self)> {
                vec![$(($method::NAME, Self::$method($method::default())),)*]
            }

            fn any(&self) -> &dyn AnyMethod {
                match self { $(Self::$method(method) => method,)* }
            }

            fn with(self, changes: Settings) -> Result<Self, String> {
                match self { $(Self::$method(method) => with(method, changes).map(Self::$method),)* }
            }

            /// The untrained head for an embedding of this size and this number of classes.
            pub fn init(&self, embedding_dim: usize, classes: usize, device: &Device) -> Head {
                match self {
                    $(Self::$method(method) => Head::$method(method.init(embedding_dim, classes, device)),)*
                }
            }
        }

        impl Head {
            fn any(&self) -> &dyn ClassifierHead {
                match self { $(Self::$method(head) => head,)* }
            }
        }

        impl ClassifierHead for Head {
            fn scores(&self, embedding: Tensor<2>) -> Tensor<2> {
                self.any().scores(embedding)
            }

            fn loss(&self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
                self.any().loss(embedding, targets)
            }

            fn loss_scope(&self) -> LossScope {
                self.any().loss_scope()
            }

            fn penalty(&self) -> Option<Tensor<1>> {
                self.any().penalty()
            }

            fn has_running_state(&self) -> bool {
                self.any().has_running_state()
            }

            fn after_step(self, embedding: Tensor<2>, targets: Tensor<1, Int>) -> Self {
                match self {
                    $(Self::$method(head) => Self::$method(head.after_step(embedding, targets)),)*
                }
            }

            fn has_schedule(&self) -> bool {
                self.any().has_schedule()
            }

            fn at(self, progress: f64) -> Self {
                match self { $(Self::$method(head) => Self::$method(head.at(progress)),)* }
            }

            fn parameter_groups(&self) -> Vec<ParameterGroup> {
                self.any().parameter_groups()
            }

            fn probabilities(&self, embedding: Tensor<2>) -> Tensor<2> {
                self.any().probabilities(embedding)
            }

            fn calibrate(self, embedding: Tensor<2>) -> Self {
                match self { $(Self::$method(head) => Self::$method(head.calibrate(embedding)),)* }
            }

            fn reference_points(&self) -> Option<Tensor<2>> {
                self.any().reference_points()
            }

            fn class_vectors(&self) -> Option<Tensor<2>> {
                self.any().class_vectors()
            }

            fn activation_parameters(&self) -> Vec<(&'static str, Tensor<1>)> {
                self.any().activation_parameters()
            }
        }
    };
}

pub(super) use methods;
