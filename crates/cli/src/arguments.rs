//! The options, as `command-line.md` of the design has them.

use clap::{Parser, ValueEnum};
use derive_engine::{CheckConfig, EmitOptions, Format, PrintOptions, Steps, Target};

/// From a neural network's short spec to the verified derivation of its gradients.
#[derive(Parser, Debug)]
#[command(name = "derive", version, about)]
pub struct Arguments {
    /// A spec file, or `-` for standard input
    pub spec: String,
    /// What to print
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub format: OutputFormat,
    /// The same as `--format latex`
    #[arg(long, conflicts_with = "format")]
    pub latex: bool,
    /// How much of the way to show
    #[arg(long, value_enum, default_value_t = StepLevel::Key)]
    pub steps: StepLevel,
    /// With LaTeX: a document that compiles as it is
    #[arg(long)]
    pub standalone: bool,
    /// Print the spec in equation form and stop
    #[arg(long)]
    pub equations: bool,
    /// Differentiate by these, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub wrt: Vec<String>,
    /// The Jacobian of this intermediate instead of the gradients of the loss
    #[arg(long, value_name = "Y")]
    pub jacobian: Option<String>,
    /// Print a program in this language instead of a derivation
    #[arg(long, value_enum, value_name = "TARGET", conflicts_with_all = ["format", "latex", "equations"])]
    pub emit: Option<EmitTarget>,
    /// With `--emit`: `flops` shows how many multiplications every line takes
    #[arg(long, value_enum, default_value_t = Cost::Readable, requires = "emit")]
    pub cost: Cost,
    /// The numeric check
    #[arg(long, value_enum, default_value_t = Switch::On)]
    pub check: Switch,
    /// Where the check's random numbers start
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// How many random points the check draws
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub draws: u16,
    /// Write here instead of to standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub output: Option<String>,
    /// Colour of error messages; NO_COLOR is honoured
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
}

/// Formats of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Unicode for a terminal
    Text,
    /// LaTeX
    Latex,
}

/// Languages of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EmitTarget {
    /// Python with NumPy
    Numpy,
    /// Python with JAX
    Jax,
    /// Python with PyTorch
    Torch,
}

/// What matters about a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Cost {
    /// How it reads
    Readable,
    /// How many multiplications it takes
    Flops,
}

/// How much of the way is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StepLevel {
    /// Only results
    None,
    /// The textbook's steps
    Key,
    /// Every rewrite with its rule
    Full,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// On
    On,
    /// Off
    Off,
}

/// When error messages are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Arguments {
    /// How to check.
    pub fn check(&self) -> Option<CheckConfig> {
        (self.check == Switch::On).then(|| CheckConfig {
            seed: self.seed,
            draws: self.draws.into(),
        })
    }

    /// The language of the program that is asked for.
    pub fn target(&self) -> Option<&'static Target> {
        let asked = self.emit?.to_possible_value()?;
        derive_engine::target(asked.get_name())
    }

    /// How to write a program.
    pub fn emit_options(&self) -> EmitOptions {
        EmitOptions {
            count: self.cost == Cost::Flops,
        }
    }

    /// How to print.
    pub fn print_options(&self) -> PrintOptions {
        let latex = self.latex || self.format == OutputFormat::Latex;
        let steps = match self.steps {
            StepLevel::None => Steps::None,
            StepLevel::Key => Steps::Key,
            StepLevel::Full => Steps::Full,
        };
        let format = if latex { Format::Latex } else { Format::Text };
        PrintOptions {
            format,
            steps,
            standalone: self.standalone,
            ..PrintOptions::default()
        }
    }
}
