"""ONNX Runtime: see peer.py. The models are written here, with random weights; inference only."""
import peer

options = peer.parse()
import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

SETTINGS = ort.SessionOptions()
SETTINGS.intra_op_num_threads = options.threads
SETTINGS.inter_op_num_threads = 1


def weights(name, *shape):
    return numpy_helper.from_array(np.random.default_rng(1).uniform(-0.1, 0.1, shape).astype(np.float32), name)


def network(batch, vocabulary, features, units):
    """ONNX's LSTM is sequence major: tokens and features are transposed first."""
    nodes, constants = [], [weights("W", 1, 4 * units, features), weights("R", 1, 4 * units, units),
                            weights("B", 1, 8 * units), weights("D", units, 1),
                            numpy_helper.from_array(np.array([0], np.int64), "axis")]
    if vocabulary:
        constants.append(weights("E", vocabulary, features))
        nodes += [helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0]), helper.make_node("Gather", ["E", "t"], ["s"])]
    else:
        nodes.append(helper.make_node("Transpose", ["x"], ["s"], perm=[1, 0, 2]))
    nodes += [helper.make_node("LSTM", ["s", "W", "R", "B"], ["", "h"], hidden_size=units),
              helper.make_node("Squeeze", ["h", "axis"], ["last"]),
              helper.make_node("MatMul", ["last", "D"], ["z"]), helper.make_node("Sigmoid", ["z"], ["y"])]
    shape = [batch, peer.TIMESTEPS] + ([] if vocabulary else [features])
    x = helper.make_tensor_value_info("x", TensorProto.INT32 if vocabulary else TensorProto.FLOAT, shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 1])
    model = helper.make_model(helper.make_graph(nodes, "net", [x], [y], constants),
                              opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString()


def inference(model, parts, usual):
    """Seconds of all parts."""
    session = ort.InferenceSession(model, SETTINGS, providers=["CPUExecutionProvider"])
    return peer.timed(options, usual, lambda: [session.run(None, {"x": part}) for part in parts])


def reviews():
    x = peer.reviews(options, "x_predict.npy")
    return [x[i:i + 250] for i in range(0, len(x), 250)]


def start():
    return inference(network(1, 500, 16, 8), [peer.reviews(options, "x.npy", 1)], 1)


peer.measure(options, "ONNX Runtime", "ONNX Runtime " + ort.__version__, {
    "start": start,
    "predict-512": lambda: inference(network(64, 0, 512, 512), [peer.features(64, 512)], 5),
    "predict": lambda: inference(network(250, 500, 16, 8), reviews(), 5),
    "sequence": lambda: inference(network(1, 500, 16, 8), [peer.reviews(options, "x.npy", 1)], 5000),
})
