"""The names that a pickled classifier may ask for. Anything else refuses the whole file."""

from __future__ import annotations

_OLD = {
    "copy_reg": "copyreg",
    "__builtin__": "builtins",
    "sklearn.neural_network.multilayer_perceptron": "sklearn.neural_network._multilayer_perceptron",
    "sklearn.linear_model.logistic": "sklearn.linear_model._logistic",
    "sklearn.svm.classes": "sklearn.svm._classes",
    "sklearn.preprocessing.data": "sklearn.preprocessing._data",
    "sklearn.preprocessing.label": "sklearn.preprocessing._label",
    "numpy.random.mtrand": "numpy.random._pickle",
}

# What the machine understands: how arrays and plain objects are put together.
RECONSTRUCTOR = ("copyreg", "_reconstructor")
OBJECT = ("builtins", "object")
ENCODE = ("_codecs", "encode")
ARRAY = ("numpy", "ndarray")
DTYPE = ("numpy", "dtype")
EMPTY_ARRAY = ("numpy._core.multiarray", "_reconstruct")
SCALAR = ("numpy._core.multiarray", "scalar")
FROM_BUFFER = ("numpy._core.numeric", "_frombuffer")
JOBLIB_ARRAY = ("joblib.numpy_pickle", "NumpyArrayWrapper")

# What a guard is made of.
MLP = ("sklearn.neural_network._multilayer_perceptron", "MLPClassifier")
LOGISTIC = ("sklearn.linear_model._logistic", "LogisticRegression")
SVC = ("sklearn.svm._classes", "LinearSVC")
SCALER = ("sklearn.preprocessing._data", "StandardScaler")
PIPELINE = ("sklearn.pipeline", "Pipeline")

# What lies beside it in the file and means nothing to a guard: read over, never rebuilt.
_IGNORED = {
    ("sklearn.neural_network._stochastic_optimizers", "AdamOptimizer"),
    ("sklearn.neural_network._stochastic_optimizers", "SGDOptimizer"),
    ("sklearn.preprocessing._label", "LabelBinarizer"),
    ("numpy.random._pickle", "__randomstate_ctor"),
    ("numpy.random._pickle", "__bit_generator_ctor"),
    ("numpy.random._pickle", "__generator_ctor"),
    ("numpy.random._mt19937", "MT19937"),
    ("numpy.random._pcg64", "PCG64"),
    ("numpy.random.bit_generator", "SeedSequence"),
    ("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"),
}

ALLOWED = _IGNORED | {
    RECONSTRUCTOR, OBJECT, ENCODE, ARRAY, DTYPE, EMPTY_ARRAY, SCALAR, FROM_BUFFER, JOBLIB_ARRAY,
    MLP, LOGISTIC, SVC, SCALER, PIPELINE,
}  # fmt: skip


def modern(module: str, name: str) -> tuple[str, str]:
    """The name as today's packages have it."""
    module = _OLD.get(module, module)
    if module.startswith("numpy.core."):
        module = module.replace("numpy.core.", "numpy._core.", 1)
    return module, name
