"""LiteRT (TensorFlow Lite): see peer.py. The model is converted by TensorFlow once, beside the data."""
import os

import peer

options = peer.parse()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import importlib.metadata

from ai_edge_litert.interpreter import Interpreter

MODEL = options.data / "reference.tflite"


def convert():
    import tensorflow as tf
    import keras
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    model = keras.models.load_model(options.data / "reference.h5", compile=False)
    function = tf.function(model, input_signature=[tf.TensorSpec((1, peer.TIMESTEPS), tf.int32)])
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    MODEL.write_bytes(converter.convert())


def sequence(usual=3000):
    if not MODEL.exists():
        convert()
    interpreter = Interpreter(model_path=str(MODEL), num_threads=options.threads)
    interpreter.allocate_tensors()
    x, y = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    tokens = peer.reviews(options, "x.npy", 1)

    def run():
        interpreter.set_tensor(x, tokens)
        interpreter.invoke()
        return interpreter.get_tensor(y)

    return peer.timed(options, usual, run)


peer.measure(options, "LiteRT", "LiteRT " + importlib.metadata.version("ai-edge-litert"), {"sequence": sequence})
