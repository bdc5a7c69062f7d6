//! What functions are called elsewhere: in NumPy, PyTorch, MATLAB and textbooks.
//!
//! In: the name of a function that this language does not have. Out: how it is written here. Nothing here can fail.

/// A name used elsewhere, and an example of how the same is written here, of square matrices `A` and `B`, vectors `u` and `v`, and a size `n`.
#[rustfmt::skip]
const OTHER_NAMES: &[(&str, &str)] = &[
    ("trace", "tr(A)"),
    ("inverse", "inv(A)"),
    ("pinv", "inv(A.T @ A) @ A.T"),
    ("determinant", "det(A)"),
    ("slogdet", "logdet(A)"),
    ("norm", "norm2(A)"),
    ("frobenius", "norm2(A)"),
    ("transpose", "A.T"),
    ("matmul", "A @ B"),
    ("mm", "A @ B"),
    ("multiply", "A * B"),
    ("hadamard", "A * B"),
    ("inner", "dot(u, v)"),
    ("pow", "A^2"),
    ("power", "A^2"),
    ("sqr", "A^2"),
    ("ln", "log(A)"),
    ("logistic", "sigmoid(A)"),
    ("swish", "silu(A)"),
    ("maximum", "max(A, B)"),
    ("minimum", "min(A, B)"),
    ("clamp", "max(min(A, 1), 0)"),
    ("identity", "eye(n)"),
    ("I", "eye(n)"),
    ("diagonal", "diag(A)"),
    ("vec", "flatten(A)"),
    ("ravel", "flatten(A)"),
    ("cat", "concat(A, B)"),
    ("concatenate", "concat(A, B)"),
    ("hstack", "concat(A, B, axis=1)"),
    ("vstack", "concat(A, B, axis=0)"),
    ("fft", "dft(u)"),
    ("ifft", "idft(u)"),
    ("einsum", "C[i, k] = sum(j) A[i, j] * B[j, k]"),
];

/// An example of how what is called `name` elsewhere is written here.
pub(crate) fn written_here(name: &str) -> Option<&'static str> {
    let row = OTHER_NAMES.iter().find(|(other, _)| *other == name);
    row.map(|(_, here)| *here)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The diagnostics of a statement about `A`, `B`, `u` and `v`.
    fn problems(statement: &str) -> Vec<String> {
        let source = format!(
            "dims n\nparam A: [n, n], B: [n, n], u: [n], v: [n]\n{statement}\nloss norm2(C)^2"
        );
        let parsed = derive_syntax::parse_str(&source);
        let elaborated = crate::elaborate(&parsed.spec);
        let all = parsed.diagnostics.into_iter().chain(elaborated.diagnostics);
        all.map(|it| it.message).collect()
    }

    #[test]
    fn what_is_advised_can_be_written() {
        for (_, here) in OTHER_NAMES {
            let statement = match here.starts_with("C[") {
                true => (*here).to_owned(),
                false => format!("C = {here}"),
            };
            assert_eq!(problems(&statement), [""; 0], "{here}");
        }
    }

    #[test]
    fn what_has_another_name_is_not_a_name_here() {
        for (other, _) in OTHER_NAMES {
            let said = problems(&format!("C = {other}(A)"));
            assert_eq!(said, [format!("there is no function `{other}`")]);
        }
    }
}
