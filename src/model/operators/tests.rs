//! Operators beside the engine's own of the same name, and what is refused.
#![allow(clippy::unwrap_used)]

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::Approximation;

use super::{OPERATORS, check, framework};
use crate::model::int8::tests::graphs::{file_of, floats, int8, int64, node, value};
use crate::model::onnx::words;

/// The input's shape; none of its extents is another's.
const SHAPE: [usize; 4] = [1, 4, 6, 5];

/// Absolutely or relatively, without exceptions: sums of five numbers, in another order.
const NEAR: Approximation = Approximation::Custom(1e-6, 1e-6, 0.0);

fn attribute(name: &str, r#type: AttributeType) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: r#type as i32,
        ..AttributeProto::default()
    }
}

fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto {
        i,
        ..attribute(name, AttributeType::Int)
    }
}

fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto {
        f,
        ..attribute(name, AttributeType::Float)
    }
}

fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto {
        ints: ints.to_vec(),
        ..attribute(name, AttributeType::Ints)
    }
}

/// A graph of one node that reads `x` and some constants, whose outputs are `y` and so many more.
struct Case {
    kind: &'static str,
    attributes: Vec<AttributeProto>,
    constants: Vec<TensorProto>,
    outputs: usize,
    /// It reads the first constant in the place of `x`.
    constant: bool,
}

fn case(kind: &'static str) -> Case {
    Case {
        kind,
        attributes: Vec::new(),
        constants: Vec::new(),
        outputs: 1,
        constant: false,
    }
}

impl Case {
    fn with(mut self, attribute: AttributeProto) -> Self {
        self.attributes.push(attribute);
        self
    }

    fn reading(mut self, constants: impl IntoIterator<Item = TensorProto>) -> Self {
        self.constants.extend(constants);
        self
    }

    fn file(self) -> ModelProto {
        let first = (!self.constant).then_some("x");
        let names = self.constants.iter().map(|constant| &constant.name[..]);
        let read: Vec<&str> = first.into_iter().chain(names).collect();
        let made: Vec<String> = (0..self.outputs).map(|at| format!("y{at}")).collect();
        let info = |name: &String| ValueInfoProto {
            name: name.clone(),
            ..ValueInfoProto::default()
        };
        file_of(GraphProto {
            output: made.iter().map(info).collect(),
            node: vec![NodeProto {
                attribute: self.attributes,
                output: made,
                ..node(self.kind, &read, &["y"])
            }],
            initializer: self
                .constants
                .iter()
                .filter(|it| !it.name.is_empty())
                .cloned()
                .collect(),
            input: vec![value("x", &SHAPE)],
            ..GraphProto::default()
        })
    }
}

fn run(framework: &tract_onnx::Onnx, file: &ModelProto) -> TractResult<TVec<TValue>> {
    let count: usize = SHAPE.iter().product();
    let x: Vec<f32> = (0..count).map(|at| (at as f32 * 1.7).sin() * 3.0).collect();
    let x = Tensor::from_shape(&SHAPE, &x)?;
    let model = framework.model_for_proto_model(file)?.into_typed()?;
    model.into_runnable()?.run(tvec!(x.into()))
}

/// No name, no input.
fn left_out() -> TensorProto {
    TensorProto::default()
}

fn numbers(name: &str, dims: &[usize]) -> TensorProto {
    let count = dims.iter().product::<usize>();
    let values: Vec<f32> = (0..count).map(|at| (at as f32 * 0.7).cos()).collect();
    floats(name, dims, &values)
}

fn cases() -> Vec<Case> {
    let column = || [numbers("c", &[6, 1])];
    let quantised = |scales: &[usize], zeros: &[i8]| {
        let weights: Vec<i8> = (0..24).map(|at| at * 9 - 100).collect();
        Case {
            constant: true,
            ..case("DequantizeLinear").reading([
                int8("q", &[4, 6], &weights),
                numbers("scale", scales),
                int8("zero", scales, zeros),
            ])
        }
    };
    vec![
        case("Add").reading(column()),
        case("Cast").with(int("to", DataType::Float as i64)),
        case("Clip").reading([floats("low", &[], &[-0.5]), floats("high", &[], &[0.25])]),
        case("Clip").reading([left_out(), floats("high", &[], &[0.25])]),
        case("Concat")
            .with(int("axis", -2))
            .reading([numbers("c", &[1, 4, 2, 5])]),
        case("Conv").reading([numbers("w", &[3, 4, 3, 2])]),
        case("Conv")
            .with(ints("kernel_shape", &[3, 2]))
            .with(ints("pads", &[0, 1, 2, 0]))
            .with(ints("strides", &[2, 1]))
            .with(ints("dilations", &[1, 2]))
            .with(int("group", 2))
            .reading([numbers("w", &[6, 2, 3, 2]), numbers("b", &[6])]),
        quantised(&[6], &[1, -2, 3, 0, 5, 6]),
        quantised(&[4], &[1, -2, 3, 0]).with(int("axis", -2)),
        quantised(&[], &[7]),
        Case {
            constant: true,
            ..case("Gemm").reading([numbers("a", &[3, 5]), numbers("w", &[5, 7])])
        },
        Case {
            constant: true,
            ..case("Gemm")
                .with(float("alpha", 1.0))
                .with(float("beta", 1.0))
                .with(int("transA", 1))
                .with(int("transB", 1))
                .reading([
                    numbers("a", &[5, 3]),
                    numbers("w", &[7, 5]),
                    numbers("b", &[7]),
                ])
        },
        case("LayerNormalization").reading([numbers("scale", &[5]), numbers("bias", &[5])]),
        case("LayerNormalization")
            .with(int("axis", 3))
            .with(float("epsilon", 0.1))
            .reading([numbers("scale", &[5])]),
        case("LogSoftmax"),
        case("LogSoftmax").with(int("axis", 1)),
        case("MatMul").reading([numbers("w", &[5, 7])]),
        case("Mul").reading(column()),
        case("Relu"),
        case("Reshape")
            .with(int("allowzero", 0))
            .reading([int64("shape", &[0, -1, 10])]),
        case("Shape"),
        case("Sigmoid"),
        case("Slice").reading([
            int64("starts", &[1, -3]),
            int64("ends", &[4, 1 << 40]),
            int64("axes", &[1, -1]),
        ]),
        case("Slice").reading([
            int64("starts", &[0, 5]),
            int64("ends", &[4, 0]),
            int64("axes", &[1, 2]),
            int64("steps", &[2, -2]),
        ]),
        case("Softmax"),
        case("Softmax").with(int("axis", -2)),
        Case {
            outputs: 2,
            ..case("Split")
                .with(int("axis", 2))
                .reading([int64("l", &[2, 4])])
        },
        Case {
            outputs: 3,
            ..case("Split")
                .with(int("axis", -2))
                .with(int("num_outputs", 3))
        },
        case("Squeeze"),
        case("Squeeze").reading([int64("axes", &[-4])]),
        case("Sub").reading(column()),
        case("Transpose"),
        case("Transpose").with(ints("perm", &[0, 3, 1, 2])),
        case("Unsqueeze").reading([int64("axes", &[0, 2])]),
    ]
}

#[test]
fn operators_are_the_engines_own() {
    let (ours, all) = (framework(), tract_onnx::onnx());
    for (at, case) in cases().into_iter().enumerate() {
        let kind = case.kind;
        let file = case.file();
        check(&file).unwrap();
        let expected = run(&all, &file).unwrap();
        let found = run(&ours, &file).unwrap();
        assert_eq!(found.len(), expected.len(), "{at}, {kind}");
        for (found, expected) in found.iter().zip(&expected) {
            let near = found.close_enough(expected, NEAR);
            assert!(near.is_ok(), "{at}, {kind}: {near:?}");
        }
    }
}

#[test]
fn every_operator_has_a_case() {
    let cases = cases();
    for (kind, attributes, _) in OPERATORS {
        let mut cases = cases.iter().filter(|case| case.kind == kind).peekable();
        assert!(cases.peek().is_some(), "{kind}");
        let set: Vec<_> = cases.flat_map(|case| &case.attributes).collect();
        for name in attributes {
            assert!(set.iter().any(|it| it.name == *name), "{kind}, {name}");
        }
    }
}

/// Why a file is refused.
fn refusal(file: &ModelProto) -> String {
    let refused = check(file).and_then(|()| run(&framework(), file));
    words(&refused.unwrap_err())
}

#[test]
fn what_is_not_read_is_named() {
    let mut other = case("Mul").reading([numbers("c", &[])]).file();
    other.graph.as_mut().unwrap().node[0].domain = "com.example".to_owned();
    let mut old = case("Relu").file();
    old.opset_import[0].version = 12;
    let mut unlisted = case("Unsqueeze").reading([int64("axes", &[0])]).file();
    unlisted.graph.as_mut().unwrap().node[0].input[1] = "x".to_owned();
    let scale = || [numbers("scale", &[5])];
    let mut twice = case("Relu").file();
    let nodes = &mut twice.graph.as_mut().unwrap().node;
    nodes.push(nodes[0].clone());
    for (file, named) in [
        (twice, "its value y0 is made twice"),
        (
            case("Einsum").file(),
            "operators that are not read here: Einsum",
        ),
        (other, "operators that are not read here: Mul"),
        (old, "version 12"),
        (unlisted, "its input x must be a constant"),
        (
            case("Conv")
                .with(int("auto_pad", 0))
                .reading([numbers("w", &[3, 4, 3, 2])])
                .file(),
            "the attribute auto_pad of its Conv is not read here",
        ),
        (case("Softmax").with(ints("axis", &[1])).file(), "'axis'"),
        (
            case("Cast").with(int("to", DataType::Int32 as i64)).file(),
            "only to F32",
        ),
        (
            case("LayerNormalization")
                .with(int("axis", 2))
                .reading(scale())
                .file(),
            "over axis 2",
        ),
        (case("LayerNormalization").file(), "input"),
        (
            case("Gemm")
                .with(float("beta", 0.5))
                .reading([numbers("w", &[5, 7])])
                .file(),
            "its attribute beta is 0.5",
        ),
        (case("Unsqueeze").file(), "no axes"),
        (
            case("Slice").reading([int64("starts", &[1])]).file(),
            "no starts or no ends",
        ),
        (
            Case {
                outputs: 2,
                ..case("Split").reading([int64("l", &[-1, 7])])
            }
            .file(),
            "Split",
        ),
    ] {
        let words = refusal(&file);
        assert!(words.contains(named), "{named:?} is not in {words:?}");
    }
}
