"""Writes the images, colour spaces and graphics states of kept pages."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pikepdf

from documents.inventory.pdf.content import Key
from documents.masking.pdf.parts import NotUnderstood, number, numbers
from documents.masking.pictures.jpeg_segments import without_metadata

_DEVICES: Mapping[str, int] = MappingProxyType(
    {"/DeviceGray": 1, "/DeviceRGB": 3, "/DeviceCMYK": 4}
)
_ABBREVIATED: Mapping[str, str] = MappingProxyType(
    {"/G": "/DeviceGray", "/RGB": "/DeviceRGB", "/CMYK": "/DeviceCMYK"}
)
_OF_COUNT = {count: name for name, count in _DEVICES.items()}
_CALIBRATED = {"/CalGray": 1, "/CalRGB": 3, "/Lab": 3}
_STATE_NUMBERS = ("/LW", "/LC", "/LJ", "/ML", "/FL", "/SM", "/CA", "/ca", "/OPM")
_STATE_FLAGS = ("/OP", "/op", "/SA", "/AIS", "/TK")
_BLENDS = frozenset(
    (
        "/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten",
        "/ColorDodge", "/ColorBurn", "/HardLight", "/SoftLight", "/Difference", "/Exclusion",
        "/Hue", "/Saturation", "/Color", "/Luminosity",
    )
)  # fmt: skip
_INKS = frozenset(("/All", "/None", "/Cyan", "/Magenta", "/Yellow", "/Black"))
_LEVEL = 6  # of compression
_MOST_BYTES = 400_000_000
_LARGEST_SIDE = 65_500
_DEPTHS = frozenset((1, 2, 4, 8, 16))


class KeptResources:
    """Copies resources to `target`, each image once, from a closed list of keys."""

    def __init__(self, target: pikepdf.Pdf) -> None:
        self._target = target
        self._images: dict[Key, Any] = {}

    def state(self, old: Any) -> pikepdf.Dictionary:
        """A graphics state. Raises `NotUnderstood`."""
        if not isinstance(old, pikepdf.Dictionary):
            raise NotUnderstood("content")
        if old.get("/SMask", "/None") != "/None":
            raise NotUnderstood("soft mask")
        if "/Font" in old:
            raise NotUnderstood("font")
        new = pikepdf.Dictionary(Type=pikepdf.Name("/ExtGState"))
        for key in (key for key in _STATE_NUMBERS if key in old):
            new[key] = number(old[key])
        for key in (key for key in _STATE_FLAGS if isinstance(old.get(key), bool)):
            new[key] = old[key]
        if "/D" in old:
            new["/D"] = pikepdf.Array([numbers(old["/D"][0]), number(old["/D"][1])])
        if "/SMask" in old:
            new["/SMask"] = pikepdf.Name("/None")
        if "/BM" in old:
            new["/BM"] = _blend(old["/BM"])
        return new

    def color_space(self, old: Any, depth: int = 0) -> Any:
        """A colour space; an ICC profile becomes the device's space. Raises `NotUnderstood`."""
        if isinstance(old, pikepdf.Name):
            name = _ABBREVIATED.get(str(old), str(old))
            if name in _DEVICES:
                return pikepdf.Name(name)
            raise NotUnderstood("colour space")
        if not isinstance(old, pikepdf.Array) or not len(old) or depth > 3:
            raise NotUnderstood("colour space")
        kind = str(old[0])
        if kind in _DEVICES:
            return pikepdf.Name(kind)
        if kind == "/ICCBased":
            return pikepdf.Name(_OF_COUNT[_count_of_profile(old)])
        if kind in _CALIBRATED:
            return pikepdf.Array([old[0], _calibrated(old[1])])
        if kind in {"/Indexed", "/I"}:
            return self._indexed(old, depth)
        if kind in {"/Separation", "/DeviceN"}:
            return self._inks(old, kind, depth)
        raise NotUnderstood("pattern" if kind == "/Pattern" else "colour space")

    def _indexed(self, old: Any, depth: int) -> pikepdf.Array:
        base = self.color_space(old[1], depth + 1)
        highest = int(number(old[2]))
        table = old[3].read_bytes() if isinstance(old[3], pikepdf.Stream) else bytes(old[3])
        size = (highest + 1) * components(base)
        if not 0 <= highest < 256:
            raise NotUnderstood("colour space")
        kept = table[:size].ljust(size, b"\0")
        return pikepdf.Array(
            [pikepdf.Name("/Indexed"), base, highest, self._target.make_stream(kept)]
        )

    def _inks(self, old: Any, kind: str, depth: int) -> pikepdf.Array:
        alternate = self.color_space(old[2], depth + 1)
        tint = self._function(old[3])
        if kind == "/Separation":
            name = str(old[1])
            ink = pikepdf.Name(name if name in _INKS else "/Spot")
            return pikepdf.Array([old[0], ink, alternate, tint])
        inks = pikepdf.Array(
            [
                pikepdf.Name(str(name) if str(name) in _INKS else f"/Spot{at}")
                for at, name in enumerate(old[1])
            ]
        )
        return pikepdf.Array([old[0], inks, alternate, tint])

    def _function(self, old: Any) -> Any:
        kind = old.get("/FunctionType")
        new: Any
        if kind == 2:
            new = pikepdf.Dictionary(FunctionType=2, N=number(old["/N"]))
            for key in ("/C0", "/C1"):
                if key in old:
                    new[key] = numbers(old[key])
        elif kind == 0 and isinstance(old, pikepdf.Stream):
            new = self._target.make_stream(old.read_bytes()[:_MOST_SAMPLES])
            new["/FunctionType"] = 0
            new["/BitsPerSample"] = number(old["/BitsPerSample"])
            for key in ("/Size", "/Encode", "/Decode"):
                if key in old:
                    new[key] = numbers(old[key])
        else:
            raise NotUnderstood("colour space")
        for key in ("/Domain", "/Range"):
            if key in old:
                new[key] = numbers(old[key])
        return new

    def image(self, old: Any) -> Any:
        """An image with its mask. Raises `NotUnderstood`."""
        if old.objgen not in self._images:
            self._images[old.objgen] = self._image(old)
        return self._images[old.objgen]

    def _image(self, old: Any, *, is_mask: bool = False) -> Any:
        width, height = (int(number(old.get(key))) for key in ("/Width", "/Height"))
        if not (0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE):
            raise NotUnderstood("picture")
        settings: dict[str, Any] = {}
        count = 1
        if old.get("/ImageMask") is True:
            settings["/ImageMask"] = True
            settings["/BitsPerComponent"] = 1
        else:
            if "/ColorSpace" in old:
                settings["/ColorSpace"] = self.color_space(old["/ColorSpace"])
                count = components(settings["/ColorSpace"])
            settings["/BitsPerComponent"] = _depth(old)
        new = self._samples(old, (width, height), count, settings)
        new["/Type"], new["/Subtype"] = pikepdf.Name("/XObject"), pikepdf.Name("/Image")
        new["/Width"], new["/Height"] = width, height
        for key, value in settings.items():
            new[key] = value
        if "/Decode" in old:
            new["/Decode"] = numbers(old["/Decode"])
        if isinstance(old.get("/Interpolate"), bool):
            new["/Interpolate"] = old["/Interpolate"]
        if not is_mask:
            self._add_masks(new, old)
        return new

    def _add_masks(self, new: Any, old: Any) -> None:
        for key in ("/Mask", "/SMask"):
            mask = old.get(key)
            if isinstance(mask, pikepdf.Stream):
                new[key] = self._image(mask, is_mask=True)
                if "/Matte" in mask:
                    new[key]["/Matte"] = numbers(mask["/Matte"])
            elif isinstance(mask, pikepdf.Array):
                new[key] = numbers(mask)

    def _samples(
        self, old: Any, size: tuple[int, int], count: int, settings: Mapping[str, Any]
    ) -> Any:
        """The stream of an image: its samples and nothing after them, or a JPEG without texts."""
        kinds = _filters(old)
        if kinds[-1:] == ["/DCTDecode"]:
            if len(kinds) > 1:
                raise NotUnderstood("picture in a format that is not copied")
            new = self._target.make_stream(without_metadata(old.read_raw_bytes()))
            new["/Filter"] = pikepdf.Name("/DCTDecode")
            return new
        if {"/JPXDecode", "/JBIG2Decode", "/CCITTFaxDecode", "/Crypt"} & set(kinds):
            raise NotUnderstood("picture in a format that is not copied")
        row = (size[0] * count * int(settings["/BitsPerComponent"]) + 7) // 8
        if row * size[1] > _MOST_BYTES:
            raise NotUnderstood("picture")
        return self._compressed(old.read_bytes()[: row * size[1]])

    def _compressed(self, samples: bytes) -> Any:
        """Compressed at once: the pages of a scan would not fit into memory."""
        stream = self._target.make_stream(zlib.compress(samples, _LEVEL))
        stream["/Filter"] = pikepdf.Name("/FlateDecode")
        return stream

    def inline_image(self, image: Any) -> Any:
        """An inline image as an image of its own. Raises `NotUnderstood`."""
        try:
            picture = image.as_pil_image()
        except (pikepdf.PdfError, NotImplementedError, ValueError, TypeError, KeyError) as error:
            raise NotUnderstood("inline picture") from error
        if image.image_mask or picture.mode not in {"L", "RGB", "1", "P"}:
            raise NotUnderstood("inline picture")
        mode = "L" if picture.mode in {"L", "1"} else "RGB"
        new = self._compressed(picture.convert(mode).tobytes())
        new["/Type"], new["/Subtype"] = pikepdf.Name("/XObject"), pikepdf.Name("/Image")
        new["/Width"], new["/Height"] = picture.size
        new["/BitsPerComponent"] = 8
        new["/ColorSpace"] = pikepdf.Name("/DeviceGray" if mode == "L" else "/DeviceRGB")
        return new


_MOST_SAMPLES = 1_000_000


def components(space: Any) -> int:
    """The components of a colour in a kept colour space."""
    if isinstance(space, pikepdf.Name):
        return _DEVICES[str(space)]
    kind = str(space[0])
    if kind in _CALIBRATED:
        return _CALIBRATED[kind]
    return len(space[1]) if kind == "/DeviceN" else 1


def _count_of_profile(space: Any) -> int:
    profile = space[1]
    count = profile.get("/N") if isinstance(profile, pikepdf.Stream) else None
    if count not in _OF_COUNT:
        raise NotUnderstood("colour space")
    return int(count)


def _calibrated(old: Any) -> pikepdf.Dictionary:
    keys = ("/WhitePoint", "/BlackPoint", "/Matrix", "/Range")
    new = pikepdf.Dictionary({key: numbers(old[key]) for key in keys if key in old})
    if "/Gamma" in old:
        gamma = old["/Gamma"]
        new["/Gamma"] = numbers(gamma) if isinstance(gamma, pikepdf.Array) else number(gamma)
    return new


def _blend(mode: Any) -> pikepdf.Name:
    first = mode[0] if isinstance(mode, pikepdf.Array) and len(mode) else mode
    if str(first) not in _BLENDS:
        raise NotUnderstood("blend mode")
    return pikepdf.Name(str(first))


def _depth(image: Any) -> int:
    depth = image.get("/BitsPerComponent", 8)
    if depth not in _DEPTHS:
        raise NotUnderstood("picture")
    return int(depth)


def _filters(stream: Any) -> list[str]:
    filters = stream.get("/Filter")
    if filters is None:
        return []
    return [str(one) for one in (filters if isinstance(filters, pikepdf.Array) else [filters])]
