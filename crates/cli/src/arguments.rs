//! The options, as `command-line.md` of the design has them.

use crate::report;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use derive_engine::{CheckConfig, EmitOptions, Format, PrintOptions, Second, Steps, Target};

/// From a neural network's short spec to the verified derivation of its gradients.
#[derive(Parser, Debug)]
#[command(name = "derive", version, about)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct CommandLine {
    /// Something else than a derivation
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The derivation
    #[command(flatten)]
    pub arguments: Arguments,
}

/// What there is beside a derivation. A spec file of such a name is `./NAME`.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Judge the claims of a spec
    Check {
        /// The spec and where to write to
        #[command(flatten)]
        input: Input,
        /// Where and how often to draw
        #[command(flatten)]
        draws: Draws,
        /// A claim to judge beside those of the spec, for example "grad(W) = X.T @ grad(Z)"
        #[arg(long = "claim", value_name = "CLAIM")]
        claims: Vec<String>,
        /// What to print
        #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
        format: OutputFormat,
    },
    /// Ask for the gradients of a spec one at a time, judge the answers, and keep score
    Quiz {
        /// The spec
        #[command(flatten)]
        input: Input,
        /// Where and how often to draw
        #[command(flatten)]
        draws: Draws,
        /// Ask for the derivatives by these alone, separated by commas
        #[arg(long, value_delimiter = ',', value_name = "A,B")]
        wrt: Vec<String>,
    },
    /// Print a spec in canonical spelling, comments included
    Fmt(Input),
    /// Draw the computation graph with its shapes, forward and backward
    Graph {
        /// The spec and where to write to
        #[command(flatten)]
        input: Input,
        /// What to print
        #[arg(long, value_enum, default_value_t = Drawing::Svg)]
        format: Drawing,
    },
    /// Explain a rewrite rule; without a name, list all
    Explain {
        /// The name of a rule
        rule: Option<String>,
    },
    /// Print a script that completes the command line in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// A spec that is read and where the result goes.
#[derive(Args, Debug)]
pub struct Input {
    /// A spec file, or `-` for standard input
    pub spec: String,
    /// Write here instead of to standard output
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub output: Option<String>,
    /// Colour of what a step changes, in text on a terminal, and of error messages; NO_COLOR is honoured
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
}

/// The random points of a check.
#[derive(Args, Clone, Copy, Debug)]
pub struct Draws {
    /// Where the check's random numbers start
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// How many random points the check draws
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub draws: u16,
}

impl Draws {
    /// The same for the engine.
    pub fn config(self) -> CheckConfig {
        CheckConfig {
            seed: self.seed,
            draws: self.draws.into(),
        }
    }
}

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Drawing {
    /// A picture
    Svg,
    /// Input for Graphviz
    Dot,
}

/// How to derive and how to print.
#[derive(Args, Debug)]
pub struct Arguments {
    /// A spec file, or `-` for standard input
    #[arg(required = true)]
    pub spec: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub format: OutputFormat,
    /// The same as `--format latex`
    #[arg(long, conflicts_with = "format")]
    pub latex: bool,
    /// With text: in ASCII alone
    #[arg(long)]
    pub ascii: bool,
    /// How much of the way to show
    #[arg(long, value_enum, default_value_t = StepLevel::Key)]
    pub steps: StepLevel,
    /// With LaTeX: a document that compiles as it is
    #[arg(long)]
    pub standalone: bool,
    /// Also write arrays out entry by entry, at the sizes that the spec gives
    #[arg(long)]
    pub expand: bool,
    /// Print the spec in equation form and stop
    #[arg(long)]
    pub equations: bool,
    /// Differentiate by these, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub wrt: Vec<String>,
    /// A claim to judge beside those of the spec, for example "grad(W) = X.T @ grad(Z)"
    #[arg(long = "claim", value_name = "CLAIM")]
    pub claims: Vec<String>,
    /// The Jacobian of this intermediate instead of the gradients of the loss
    #[arg(long, value_name = "Y")]
    pub jacobian: Option<String>,
    /// The second derivatives of the loss too, of every pair
    #[arg(long, conflicts_with = "jacobian")]
    pub hessian: bool,
    /// The Hessian times a direction, as one gradient
    #[arg(long, conflicts_with_all = ["jacobian", "hessian"])]
    pub hessian_vector: bool,
    /// Print a program in this language instead of a derivation
    #[arg(long, value_enum, value_name = "TARGET", conflicts_with_all = ["format", "latex", "equations"])]
    pub emit: Option<EmitTarget>,
    /// Which of the equal forms is chosen: `flops` takes the one with the fewest multiplications, and counts them
    #[arg(long, value_enum, default_value_t = Cost::Readable)]
    pub cost: Cost,
    /// With `--emit numpy`: a script that trains on data, given on its command line or made up
    #[arg(long, requires = "emit")]
    pub train: bool,
    /// The numeric check
    #[arg(long, value_enum, default_value_t = Switch::On)]
    pub check: Switch,
    /// Where and how often the check draws
    #[command(flatten)]
    pub draws: Draws,
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
    /// Markdown for notebooks, wikis and GitHub
    Markdown,
    /// One page that needs nothing else; steps fold, or come one at a time
    Html,
    /// One JSON object, as docs/derive.schema.json describes it
    Json,
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
    /// GNU Octave
    Octave,
    /// Julia
    Julia,
}

/// What matters about a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Cost {
    /// How it reads
    Readable,
    /// How many multiplications it takes
    Flops,
}

impl OutputFormat {
    /// The same for the engine.
    pub fn format(self) -> Format {
        match self {
            OutputFormat::Text => Format::Text,
            OutputFormat::Latex => Format::Latex,
            OutputFormat::Markdown => Format::Markdown,
            OutputFormat::Html => Format::Html,
            OutputFormat::Json => Format::Json,
        }
    }
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

/// When text and error messages are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Longer lines of text are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

impl Arguments {
    /// Where the spec comes from and where the result goes.
    pub fn input(&self) -> Input {
        Input {
            spec: self.spec.clone().unwrap_or_default(),
            output: self.output.clone(),
            color: self.color,
        }
    }

    /// Whether text is asked for.
    pub fn is_text(&self) -> bool {
        self.format == OutputFormat::Text && !self.latex
    }

    /// Whether JSON is asked for.
    pub fn is_json(&self) -> bool {
        self.format == OutputFormat::Json
    }

    /// How to check.
    pub fn check(&self) -> Option<CheckConfig> {
        (self.check == Switch::On).then(|| self.draws.config())
    }

    /// Which second derivatives are asked for.
    pub fn second(&self) -> Option<Second> {
        match (self.hessian, self.hessian_vector) {
            (true, _) => Some(Second::Hessian),
            (_, true) => Some(Second::Product),
            _ => None,
        }
    }

    /// The language of the program that is asked for.
    pub fn target(&self) -> Option<&'static Target> {
        let asked = self.emit?.to_possible_value()?;
        derive_engine::target(asked.get_name())
    }

    /// Whether the derivation says how it takes the fewest multiplications; a program does so by itself.
    pub fn savings(&self) -> bool {
        self.cost == Cost::Flops && self.emit.is_none()
    }

    /// How to write a program.
    pub fn emit_options(&self) -> EmitOptions {
        EmitOptions {
            count: self.cost == Cost::Flops,
            train: self.train,
        }
    }

    /// Whether the text that is printed has colours.
    fn is_coloured(&self) -> bool {
        let asked = self.color == Colour::Always || self.output.is_none();
        asked && report::coloured(self.color, &std::io::stdout())
    }

    /// Columns of the text: those of the terminal, up to what reads well on one; elsewhere those of a page.
    fn width(&self) -> usize {
        let page = PrintOptions::default().width;
        let terminal = match self.output {
            Some(_) => None,
            None => terminal_size::terminal_size(),
        };
        terminal.map_or(page, |(width, _)| usize::from(width.0).min(WIDEST))
    }

    /// How to print.
    pub fn print_options(&self) -> PrintOptions {
        let steps = match self.steps {
            StepLevel::None => Steps::None,
            StepLevel::Key => Steps::Key,
            StepLevel::Full => Steps::Full,
        };
        let format = match self.format {
            _ if self.latex => Format::Latex,
            OutputFormat::Text if self.ascii => Format::Ascii,
            format => format.format(),
        };
        PrintOptions {
            format,
            steps,
            standalone: self.standalone,
            expand: self.expand,
            colour: self.is_coloured(),
            width: self.width(),
        }
    }
}
