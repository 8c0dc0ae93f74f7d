"""The functions and methods that rules may call: Python's own results, with every cost looked at before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from labelmill.maps.budget import (
    CONTAINERS,
    NUMBERS,
    SEQUENCES,
    BudgetError,
    Frame,
    check_length,
    check_number,
)
from labelmill.maps.limits import MAX_INT_DIGITS, MAX_RESULT, MAX_ROUND_DIGITS
from labelmill.maps.operators import add
from labelmill.maps.text import to_text

Function = Callable[..., Any]


def _number(value: Any) -> Any:
    if type(value) not in NUMBERS:
        raise TypeError("not a number")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError("not an integer")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("not a text")
    return value


def _made(frame: Frame, text: str) -> str:
    check_length(len(text))
    frame.pay(len(text) >> 4)
    return text


# Functions


def _abs(frame: Frame, value: Any) -> Any:
    return abs(_number(value))


def _all(frame: Frame, values: Any) -> bool:
    for value in frame.iterate(values):
        frame.pay(1)
        if not value:
            return False
    return True


def _any(frame: Frame, values: Any) -> bool:
    for value in frame.iterate(values):
        frame.pay(1)
        if value:
            return True
    return False


def _bool(frame: Frame, value: Any) -> bool:
    return bool(value)


def _float(frame: Frame, value: Any) -> float:
    if type(value) is str:
        frame.pay(len(value))
        return float(value)
    return float(_number(value))


def _int(frame: Frame, value: Any, base: Any = None) -> int:
    if type(value) is str:
        if len(value) > MAX_INT_DIGITS:
            raise BudgetError
        frame.pay(len(value))
        made = int(value) if base is None else int(value, _whole(base))
    elif base is None:
        made = int(_number(value))
    else:
        raise TypeError("a base wants a text")
    check_number(made)
    return made


def _len(frame: Frame, value: Any) -> int:
    if type(value) is not str and type(value) not in CONTAINERS:
        raise TypeError("no length")
    return len(value)


_NONE: Final = object()


def _extreme(choose: Callable[[list[Any]], Any]) -> Function:
    def run(frame: Frame, *values: Any, default: Any = _NONE) -> Any:
        held = frame.gather(values[0] if len(values) == 1 else values)
        if not held and default is not _NONE:
            return default
        return choose(held)

    return run


def _round(frame: Frame, value: Any, digits: Any = None) -> Any:
    if digits is None:
        return check_number(round(_number(value)))
    if abs(_whole(digits)) > MAX_ROUND_DIGITS:
        raise BudgetError
    if type(value) is int:  # a power of ten is made, and the number divided by it
        bits, power = check_number(value).bit_length(), abs(digits) * 10 // 3
        frame.pay(16 + (bits >> 9) + (power * (bits + power) >> 13))
    else:
        frame.pay(16 + (abs(digits) >> 2))
    return check_number(round(_number(value), digits))


def _sorted(frame: Frame, values: Any) -> list[Any]:
    held = frame.gather(values)
    for _ in range(len(held).bit_length()):  # each element is compared about that often
        frame.pay_value(held)
    held.sort()
    return held


def _str(frame: Frame, value: Any) -> str:
    return to_text(frame, value)


def _sum(frame: Frame, values: Any, start: Any = 0) -> Any:
    if type(start) is str:
        raise TypeError("sum() can't sum strings")
    total = start
    for value in frame.iterate(values):
        frame.pay(1)
        total = add(frame, total, value)
    return total


FUNCTIONS: Final[dict[str, Function]] = {
    "abs": _abs,
    "all": _all,
    "any": _any,
    "bool": _bool,
    "float": _float,
    "int": _int,
    "len": _len,
    "max": _extreme(max),
    "min": _extreme(min),
    "round": _round,
    "sorted": _sorted,
    "str": _str,
    "sum": _sum,
}


# Methods


def _count(frame: Frame, value: Any, item: Any, *limits: Any) -> int:
    if type(value) is str:
        frame.pay((len(value) + len(_text(item))) >> 2)
        return value.count(item, *limits)
    if type(value) not in SEQUENCES or limits:
        raise TypeError("no count")
    frame.pay_value(value)
    frame.pay_key(item)
    return int(value.count(item))


def _affix(name: str) -> Function:
    method = getattr(str, name)

    def run(frame: Frame, value: Any, affix: Any, *limits: Any) -> bool:
        frame.pay_value(affix)
        return bool(method(_text(value), affix, *limits))

    return run


def _get(frame: Frame, value: Any, key: Any, default: Any = None) -> Any:
    if type(value) is not dict:
        raise TypeError("no get")
    frame.pay_key(key)
    return value.get(key, default)


def _view(name: str) -> Function:
    method = getattr(dict, name)

    def run(frame: Frame, value: Any) -> Any:
        return method(value)  # TypeError for everything else

    return run


def _case(name: str) -> Function:
    method = getattr(str, name)

    def run(frame: Frame, value: Any) -> str:
        frame.pay(len(_text(value)) >> 2)
        return _made(frame, method(value))

    return run


def _replace(frame: Frame, value: Any, old: Any, new: Any, count: Any = -1) -> str:
    frame.pay((len(_text(value)) + len(_text(old)) + len(_text(new))) >> 2)
    times = value.count(old)
    if _whole(count) >= 0:
        times = min(times, count)
    check_length(len(value) + times * (len(new) - len(old)))
    frame.pay(times)
    return _made(frame, value.replace(old, new, min(times, MAX_RESULT + 1)))


def _split(frame: Frame, value: Any, separator: Any = None, most: Any = -1) -> list[str]:
    wanted = _whole(most)
    frame.pay((len(_text(value)) + len(separator or "")) >> 2)
    limit = wanted if 0 <= wanted < MAX_RESULT else MAX_RESULT
    made: list[str] = value.split(separator, limit)
    if len(made) > MAX_RESULT:
        raise BudgetError
    for piece in made:
        check_length(len(piece))
    frame.pay_value(made)
    return made


def _strip(frame: Frame, value: Any, chars: Any = None) -> str:
    size = 1 if chars is None else len(_text(chars))
    frame.pay((len(_text(value)) * size >> 8) + (len(value) >> 4))  # each character is looked for among all
    return _made(frame, value.strip(chars))


METHODS: Final[dict[str, Function]] = {
    "count": _count,
    "endswith": _affix("endswith"),
    "get": _get,
    "items": _view("items"),
    "keys": _view("keys"),
    "lower": _case("lower"),
    "replace": _replace,
    "split": _split,
    "startswith": _affix("startswith"),
    "strip": _strip,
    "upper": _case("upper"),
    "values": _view("values"),
}
