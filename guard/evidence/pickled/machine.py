"""Reads a pickle's opcodes into inert values.

Guarantee: no name in the file is ever looked up or imported, and nothing is called but what stands here.
An opcode, a name or a value that isn't expected refuses the whole file.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from guard.evidence.pickled import names
from guard.evidence.pickled.arrays import (
    Unreadable,
    buffered,
    encoded,
    filled,
    mapped,
    scalar,
    typed,
    typed_order,
)

MOST_OPCODES = 2_000_000
_PLAIN = {
    "INT", "LONG", "LONG1", "LONG4", "BININT", "BININT1", "BININT2", "FLOAT", "BINFLOAT", "UNICODE",
    "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip
_MARK = object()
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the file asked for. It stays a name."""

    name: Name


@dataclass(eq=False, slots=True, repr=False)
class Thing:
    """What would have been an object: its class by name, and the state it was given."""

    of: Name
    args: tuple[Any, ...] = ()
    state: dict[str, Any] = field(default_factory=dict)
    value: Any = None  # an array, once its state is there


class Machine:
    def __init__(self, file: BinaryIO, depth: int = 0) -> None:
        self._file, self._depth = file, depth
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._do: dict[str, Callable[[Any], None]] = {
            name.removeprefix("_op_").upper(): getattr(self, name)
            for name in dir(self)
            if name.startswith("_op_")
        }

    def run(self) -> Any:
        """The file's only value. Raises Unreadable with one sentence."""
        try:
            return self._run()
        except (IndexError, KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
            if isinstance(error, Unreadable):
                raise
            raise Unreadable("This file is damaged, or no pickle of a classifier.") from error

    def _run(self) -> Any:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(self._file)):
            if count >= MOST_OPCODES:
                raise Unreadable("This pickle is larger than a guard can be.")
            if opcode.name in _PLAIN:
                self._stack.append(argument)
            elif opcode.name == "STOP":
                break
            elif (do := self._do.get(opcode.name)) is not None:
                do(argument)
            else:
                raise Unreadable(f"This pickle uses {opcode.name}, which no classifier needs.")
        (value,) = self._stack
        if self._depth == 0 and self._file.read(1):
            raise Unreadable("Something follows after the classifier in this file.")
        return value

    def _to_mark(self) -> list[Any]:
        at = len(self._stack) - 1
        while self._stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise Unreadable("This file is damaged, or no pickle of a classifier.")
        items = self._stack[at + 1 :]
        del self._stack[at:]
        return items

    def _top(self) -> Any:
        if self._stack[-1] is _MARK:
            raise Unreadable("This file is damaged, or no pickle of a classifier.")
        return self._stack[-1]

    def _pop(self) -> Any:
        value = self._top()
        self._stack.pop()
        return value

    # -- plain values ---------------------------------------------------------------------------------

    def _op_proto(self, version: int) -> None:
        if not 0 <= version <= 5:
            raise Unreadable("This pickle is of a version that isn't known.")

    def _op_frame(self, _size: int) -> None:
        pass

    def _op_none(self, _: Any) -> None:
        self._stack.append(None)

    def _op_newtrue(self, _: Any) -> None:
        self._stack.append(True)

    def _op_newfalse(self, _: Any) -> None:
        self._stack.append(False)

    def _op_mark(self, _: Any) -> None:
        self._stack.append(_MARK)

    def _op_pop(self, _: Any) -> None:
        self._stack.pop()

    def _op_pop_mark(self, _: Any) -> None:
        self._to_mark()

    def _op_dup(self, _: Any) -> None:
        self._stack.append(self._top())

    def _op_empty_tuple(self, _: Any) -> None:
        self._stack.append(())

    def _op_empty_list(self, _: Any) -> None:
        self._stack.append([])

    def _op_empty_dict(self, _: Any) -> None:
        self._stack.append({})

    def _op_tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._to_mark()))

    def _op_list(self, _: Any) -> None:
        self._stack.append(self._to_mark())

    def _op_dict(self, _: Any) -> None:
        items = self._to_mark()
        self._stack.append(dict(zip(items[::2], items[1::2], strict=True)))

    def _op_tuple1(self, _: Any) -> None:
        self._tuple(1)

    def _op_tuple2(self, _: Any) -> None:
        self._tuple(2)

    def _op_tuple3(self, _: Any) -> None:
        self._tuple(3)

    def _tuple(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self._stack.append(tuple(reversed(values)))

    def _op_append(self, _: Any) -> None:
        value = self._pop()
        self._is(self._top(), list).append(value)

    def _op_appends(self, _: Any) -> None:
        values = self._to_mark()
        self._is(self._top(), list).extend(values)

    def _op_setitem(self, _: Any) -> None:
        value, key = self._pop(), self._pop()
        self._is(self._top(), dict)[key] = value

    def _op_setitems(self, _: Any) -> None:
        items = self._to_mark()
        self._is(self._top(), dict).update(zip(items[::2], items[1::2], strict=True))

    @staticmethod
    def _is(value: Any, kind: type) -> Any:
        if type(value) is not kind:
            raise Unreadable("This file is damaged, or no pickle of a classifier.")
        return value

    # -- the memo -------------------------------------------------------------------------------------

    def _op_memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._top()

    def _op_put(self, index: int) -> None:
        self._memo[index] = self._top()

    _op_binput = _op_long_binput = _op_put

    def _op_get(self, index: int) -> None:
        self._stack.append(self._memo[index])

    _op_binget = _op_long_binget = _op_get

    # -- names and what is made of them ---------------------------------------------------------------

    def _op_global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._global(module, name)

    def _op_stack_global(self, _: Any) -> None:
        name, module = self._pop(), self._pop()
        self._global(self._is(module, str), self._is(name, str))

    def _global(self, module: str, name: str) -> None:
        wanted = names.modern(module, name)
        if wanted not in names.ALLOWED:
            asked = "".join(sign if sign.isprintable() else "?" for sign in f"{module}.{name}"[:80])
            raise Unreadable(f"This pickle asks for “{asked}”, which no guard needs: it was not opened.")
        self._stack.append(Global(wanted))

    def _op_reduce(self, _: Any) -> None:
        args = self._is(self._pop(), tuple)
        self._stack.append(self._made(self._is(self._pop(), Global).name, args))

    def _op_newobj(self, _: Any) -> None:
        if self._is(self._pop(), tuple):
            raise Unreadable("This pickle makes an object in a way that no classifier needs.")
        self._stack.append(Thing(self._is(self._pop(), Global).name))

    @staticmethod
    def _made(name: Name, args: tuple[Any, ...]) -> Any:
        if name == names.RECONSTRUCTOR:
            (cls, base, state) = args
            if type(cls) is not Global or base != Global(names.OBJECT) or state is not None:
                raise Unreadable("This pickle makes an object in a way that no classifier needs.")
            return Thing(cls.name)
        if name == names.ENCODE:
            return encoded(*args)
        if name == names.DTYPE:
            return Thing(name, value=typed(args))
        if name == names.EMPTY_ARRAY:
            return Thing(names.ARRAY)
        if name == names.SCALAR:
            return scalar(*(_value(arg) for arg in args))
        if name == names.FROM_BUFFER:
            return Thing(names.ARRAY, value=buffered(*(_value(arg) for arg in args)))
        return Thing(name, args)

    def _op_build(self, _: Any) -> None:
        state = self._pop()
        thing: Thing = self._is(self._top(), Thing)
        if thing.of == names.ARRAY:
            thing.value = filled(*(_value(part) for part in self._is(state, tuple)))
        elif thing.of == names.DTYPE:
            thing.value = typed_order(thing.value, self._is(state, tuple))
        elif thing.of == names.JOBLIB_ARRAY:
            thing.of, thing.value = names.ARRAY, self._from_joblib(self._is(state, dict))
        elif type(state) is dict:
            if not all(type(key) is str for key in state):
                raise Unreadable("This pickle makes an object in a way that no classifier needs.")
            thing.state.update(state)
        # Any other state belongs to what is read over, random generators for one.

    def _from_joblib(self, state: dict[str, Any]) -> Any:
        """joblib puts an array's bytes behind the object that describes it, in the middle of the pickle;
        an array of objects comes as a pickle within the pickle, which is read like the outer one."""
        dtype = _value(state["dtype"])
        if dtype.hasobject:
            if self._depth:
                raise Unreadable("This file is damaged, or no pickle of a classifier.")
            return _value(Machine(self._file, self._depth + 1).run())
        if state.get("numpy_array_alignment_bytes") is not None:
            self._file.read(self._file.read(1)[0])
        return mapped(self._file, dtype, state["shape"], state["order"])


def _value(part: Any) -> Any:
    return part.value if isinstance(part, Thing) and part.value is not None else part
