"""Documents in which a photo is where, and as, one would not think: forty kinds and some more."""

from __future__ import annotations

import re
from dataclasses import dataclass

PAGE = 'width="400" height="320" viewBox="0 0 400 320"'
_BLOB = '<path d="M80,90 C120,20 330,60 300,140 S160,260 110,220 Z"/>'
_NAMESPACES = (
    'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
    ' xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"'
)


@dataclass(frozen=True)
class Document:
    """What an <svg> holds: ``<photo/>`` is an image of 300 x 200 with that id, ``<blob/>`` a path."""

    short: str
    attributes_of_page: str = PAGE
    region: bool = True  # whether what is seen has an outline that can be compared
    pads: bool = False  # whether Inkscape 1.4 goes on with the photo's edge to that of its box
    on_screen_only: bool = False  # whether Inkscape 1.2 shows it on the screen, but exports nothing

    @property
    def content(self) -> str:
        return re.sub(r"<photo([^>]*)/>", _image, self.short).replace("<blob/>", _BLOB)

    @property
    def attributes(self) -> str:
        return f"{_NAMESPACES} {self.attributes_of_page}"


def _image(found: re.Match[str]) -> str:
    words = found.group(1) or ' x="40" y="50"'
    size = "" if " width=" in words else ' width="300" height="200"'
    return f'<image id="photo" xlink:href="photo.png"{words}{size}/>'


_UNITS_AND_VIEWS = {
    "a page in inches stretched by its view box": Document(
        '<photo x="20" y="30" width="120" height="80"/>',
        'width="4in" height="3in" viewBox="0 0 180 180" preserveAspectRatio="none"',
    ),
    "a page that its view box overflows": Document(
        '<photo x="20" y="30" width="120" height="80"/>',
        'width="90mm" height="60mm" viewBox="-10 -10 200 200" preserveAspectRatio="xMinYMax slice"',
    ),
    "a view box with commas far from zero": Document(
        '<photo x="1020" y="-970" width="150" height="100"/>',
        'width="200mm" height="160mm" viewBox="1000,-1000,200,160"',
    ),
    "centimetres points and picas": Document(
        '<photo x="1cm" y="24pt" width="15pc" height="4cm"/>', 'width="10cm" height="8cm"', pads=True
    ),
    "percentages of a view box": Document(
        '<photo x="10%" y="20%" width="60%" height="50%"/>', 'width="100mm" height="80mm" viewBox="0 0 500 400"'
    ),
    "a page in percentages": Document(
        '<photo x="10" y="10" width="60" height="40"/>', 'width="100%" height="100%" viewBox="0 0 100 80"'
    ),
    "a view box without extent": Document("<photo/>", 'width="400" height="320" viewBox="0 0 0 320"'),
    "scientific notation": Document('<photo x="4e1" y="5E+1" width="3e2" height="2.0e+2"/>'),
}
_ASPECT = {
    "an image at the top of a tall box": Document(
        '<photo x="40" y="10" width="200" height="290" preserveAspectRatio="xMinYMin meet"/>', pads=True
    ),
    "an image at the bottom of a tall box": Document(
        '<photo x="40" y="10" width="200" height="290" preserveAspectRatio="xMaxYMax"/>', pads=True
    ),
    "an image at the left of a wide box": Document(
        '<photo x="10" y="40" width="380" height="150" preserveAspectRatio="xMinYMid"/>', pads=True
    ),
    "an image cut off at the right": Document(
        '<photo x="40" y="10" width="200" height="250" preserveAspectRatio="xMinYMid slice"/>'
    ),
    "an image cut off at the top": Document(
        '<photo x="40" y="10" width="320" height="100" preserveAspectRatio="xMidYMax slice"/>'
    ),
    "an image cut off that shall overflow": Document(
        '<photo x="90" y="60" width="150" height="180" preserveAspectRatio="xMidYMid slice" overflow="visible"/>'
    ),
    "an image that defers": Document(
        '<photo x="40" y="10" width="200" height="290" preserveAspectRatio="defer xMidYMin meet"/>', pads=True
    ),
    "an aspect that nobody knows": Document(
        '<photo x="40" y="10" width="200" height="290" preserveAspectRatio="left"/>', pads=True
    ),
    "large pixels": Document('<photo x="40" y="50" style="image-rendering:pixelated"/>'),
    "a size by style": Document('<photo x="40" y="50" style="width:100px;height:90px;x:3px"/>'),
}
_NESTED = {
    "a nested svg smaller than its photo": Document(
        '<svg x="60" y="40" width="180" height="150"><photo x=\'-30\' y=\'-20\'/></svg>'
    ),
    "a nested svg that overflows": Document(
        '<svg x="60" y="40" width="180" height="150" overflow="visible"><photo x=\'-30\' y=\'-20\'/></svg>'
    ),
    "a nested svg that overflows by style": Document(
        '<svg x="60" y="40" width="180" height="150" style="overflow:visible"><photo x=\'-30\' y=\'-20\'/></svg>'
    ),
    "a nested svg that is sliced": Document(
        '<svg x="50" y="30" width="300" height="120" viewBox="0 0 300 200" preserveAspectRatio="xMidYMin '
        "slice\"><photo x='10' y='10'/></svg>"
    ),
    "a nested svg in a nested svg": Document(
        '<svg x="5%" y="5%" width="90%" height="90%" viewBox="0 0 200 200"><g transform="rotate(5)">'
        '<svg x="30" y="10" width="160" height="80" viewBox="0 0 400 300"><photo/></svg></g></svg>'
    ),
    "a symbol with a view box": Document(
        '<symbol id="s" viewBox="0 0 380 300"><photo/></symbol>'
        '<use id="u" xlink:href="#s" x="20" y="10" width="300" height="250"/>'
    ),
    "a symbol without a size": Document(
        '<symbol id="s"><photo x=\'10\' y=\'10\'/></symbol><use id="u" xlink:href="#s" x="20" y="30"/>'
    ),
    "a symbol sliced": Document(
        '<symbol id="s" viewBox="0 0 300 200" preserveAspectRatio="xMinYMin slice"><photo x=\'0\' y=\'0\'/>'
        '</symbol><use id="u" xlink:href="#s" x="40" y="30" width="200" height="200"/>'
    ),
    "a clone of a nested svg with a size of its own": Document(
        '<defs><svg id="s" width="100" height="90" viewBox="0 0 400 300"><photo/></svg></defs>'
        '<use id="u" xlink:href="#s" x="30" y="20" width="320" height="260"/>'
    ),
    "a clone in defs of a clone in defs": Document(
        '<defs><photo x=\'0\' y=\'0\'/><use id="a" xlink:href="#photo" x="5%" transform="rotate(9)"/>'
        '<g id="b" transform="scale(0.7)"><use xlink:href="#a" y="1cm"/></g></defs>'
        '<use id="u" xlink:href="#b" transform="skewX(8)" x="60" y="30"/>'
    ),
}
_TRANSFORMS = {
    "a list of transforms": Document(
        '<photo transform="translate(60,20)scale(.8 .7) rotate(12 150 100),skewX(-10) skewY(4)" x="10" y="20"/>'
    ),
    "a transform by style": Document(
        '<photo style="transform:rotate(20deg) translate(30px, 0)" x="60" y="30" width="240" height="160"/>'
    ),
    "an origin of a transform": Document(
        '<photo style="transform-origin:center" transform="rotate(20)" x="90" y="30" width="210" '
        'height="140" transform-origin="200 100"/>'
    ),
    "a flipped page": Document('<g transform="matrix(-1 0 0 -1 400 320)"><photo/></g>'),
    "a layer upside down that is locked": Document(
        '<g id="l" inkscape:groupmode="layer" sodipodi:insensitive="true" transform="translate(0 320) '
        "scale(1 -1)\"><photo x='20' y='80' transform='rotate(8)'/></g>"
    ),
    "a turned page with a second page": Document(
        '<sodipodi:namedview inkscape:document-rotation="30" inkscape:document-units="mm">'
        '<inkscape:page x="0" y="0" width="400" height="320" id="p1"/>'
        '<inkscape:page x="450" y="0" width="400" height="320" id="p2"/></sodipodi:namedview><photo/>'
    ),
    "a photo half off the page": Document('<photo x="-120" y="180" transform="rotate(-10)"/>'),
    "a switch in a link in a group": Document(
        '<g transform="rotate(3)"><a transform="translate(20 5)"><switch><photo/></switch></a></g>'
    ),
}
_CLIPS = {
    "a clip in shares of the image": Document(
        '<defs><clipPath id="c" clipPathUnits="objectBoundingBox"><circle cx=".4" cy=".5" r=".35"/>'
        '</clipPath></defs><photo x="40" y="50" clip-path="url(#c)"/>',
        on_screen_only=True,
    ),
    "a clip in shares of a sliced image": Document(
        '<defs><clipPath id="c" clipPathUnits="objectBoundingBox"><circle cx=".4" cy=".5" r=".35"/>'
        "</clipPath></defs>"
        '<photo x="40" y="50" width="200" height="200" preserveAspectRatio="xMidYMid slice" '
        'clip-path="url(#c)"/>',
        on_screen_only=True,
    ),
    "a clip in shares of a group": Document(
        '<defs><clipPath id="c" clipPathUnits="objectBoundingBox">'
        '<rect x=".2" y=".1" width=".5" height=".6"/></clipPath></defs>'
        '<g clip-path="url(#c)" transform="rotate(5)"><g transform="scale(0.8) rotate(6)">'
        "<photo x='80' y='50'/></g></g>",
        on_screen_only=True,
    ),
    "a clip in shares of a clone": Document(
        '<defs><clipPath id="c" clipPathUnits="objectBoundingBox">'
        '<ellipse cx=".6" cy=".5" rx=".3" ry=".45"/></clipPath><photo/></defs>'
        '<use id="u" xlink:href="#photo" transform="rotate(6)" x="12" clip-path="url(#c)"/>',
        on_screen_only=True,
    ),
    "a clip whose shape is clipped": Document(
        '<defs><clipPath id="k"><rect x="100" y="60" width="120" height="150"/></clipPath>'
        '<clipPath id="c"><g clip-path="url(#k)"><blob/></g></clipPath></defs>'
        '<photo x="40" y="50" clip-path="url(#c)"/>'
    ),
    "a clip with a rule that is inherited": Document(
        '<defs><clipPath id="c">'
        '<path clip-rule="evenodd" d="M60,70 H320 V230 H60 Z M120,100 V190 H240 V100 Z"/></clipPath>'
        '</defs><photo x="40" y="50" clip-path="url(#c)"/>'
    ),
    "a clip with the nonzero rule": Document(
        '<defs><clipPath id="c">'
        '<path clip-rule="nonzero" d="M60,70 H320 V230 H60 Z M120,100 H240 V190 H120 Z"/></clipPath>'
        '</defs><photo x="40" y="50" clip-path="url(#c)"/>'
    ),
    "a clip with a hidden shape": Document(
        '<defs><clipPath id="c"><rect width="99" height="320" style="display:none"/><blob/></clipPath>'
        '</defs><photo x="40" y="50" clip-path="url(#c)"/>'
    ),
    "a clip of round corners and a polygon": Document(
        '<defs><clipPath id="c"><rect x="60" y="70" width="120" height="90" rx="30"/>'
        '<polygon points="200,80 330,120 220,230"/><line x1="0" y1="0" x2="400" y2="320"/></clipPath>'
        '</defs><photo x="40" y="50" style="clip-path:url(\'#c\')"/>'
    ),
    "a clip with strokes and no fill": Document(
        '<defs><clipPath id="c">'
        '<circle cx="180" cy="150" r="70" style="fill:none;stroke:#000;stroke-width:40"/></clipPath>'
        '</defs><photo x="40" y="50" clip-path="url(#c)"/>'
    ),
    "a clip by clones in a moved group": Document(
        "<g transform=\"translate(30 20) rotate(4)\"><defs><path id='p' d='M20,30 L250,10 L200,190 Z'/>"
        "<clipPath id='c'><use xlink:href='#p' x='20' transform='rotate(5)'/></clipPath></defs>"
        "<photo x='10' y='10' clip-path='url(#c)'/></g>"
    ),
    "a clipped clone of a clipped photo": Document(
        '<defs><clipPath id="c"><rect x="60" y="60" width="200" height="170"/></clipPath>'
        '<clipPath id="k"><blob/></clipPath></defs><defs><photo x="40" y="50" clip-path="url(#k)"/>'
        '</defs><use id="u" xlink:href="#photo" clip-path="url(#c)" transform="translate(20 10)"/>'
    ),
    "a clip around a clone around a clip": Document(
        '<defs><clipPath id="c"><rect x="60" y="60" width="200" height="170"/></clipPath>'
        '<g id="g" clip-path="url(#c)"><photo/></g></defs><g transform="scale(0.9)">'
        '<use id="u" xlink:href="#g" x="30" y="15"/></g>'
    ),
    "a clip on a nested svg": Document(
        '<defs><clipPath id="c"><blob/></clipPath></defs>'
        '<svg x="10" y="5" width="380" height="300" viewBox="0 0 380 300" clip-path="url(#c)"><photo/>'
        "</svg>"
    ),
    "a mirrored clip in a stretched layer": Document(
        '<defs><clipPath id="c"><blob/></clipPath></defs>'
        '<g transform="matrix(-0.9 0 0.2 1.1 360 -20)" clip-path="url(#c)"><photo/></g>'
    ),
    "a clip set by a style sheet": Document(
        "<style>g.cut > #photo, #nothing { clip-path: url(#c) !important }</style><defs><clipPath id='c'>"
        "<blob/></clipPath></defs><g class=\"a cut\"><photo x='40' y='50' style='clip-path:none'/></g>"
    ),
}
_MASKS = {
    "a mask in shares of the image": Document(
        '<defs><mask id="m" maskContentUnits="objectBoundingBox">'
        '<circle cx=".5" cy=".5" r=".4" fill="#fff"/></mask></defs><photo x="40" y="50" mask="url(#m)"/>',
        on_screen_only=True,
    ),
    "a mask smaller than its shapes": Document(
        '<defs><mask id="m" maskUnits="userSpaceOnUse" x="90" y="80" width="150" height="120">'
        '<rect width="400" height="320" fill="#fff"/></mask></defs><photo x="40" y="50" mask="url(#m)"/>'
    ),
    "a mask and a clip": Document(
        '<defs><clipPath id="c"><blob/></clipPath><mask id="m">'
        '<rect x="120" y="40" width="400" height="320" style="fill:white"/></mask></defs>'
        '<photo x="40" y="50" mask="url(#m)" clip-path="url(#c)"/>'
    ),
    "a mask whose group is half transparent": Document(
        '<defs><mask id="m"><g style="opacity:0.9"><circle cx="180" cy="150" r="80" fill="white"/></g>'
        '</mask></defs><photo x="40" y="50" mask="url(#m)"/>'
    ),
    "a mask with strokes": Document(
        '<defs><mask id="m">'
        '<path d="M80,100 C200,20 200,250 320,180" style="fill:none;stroke:white;stroke-width:70"/>'
        '</mask></defs><photo x="40" y="50" mask="url(#m)"/>',
        region=False,
    ),
    "a mask that is clipped": Document(
        '<defs><clipPath id="c"><rect x="60" y="60" width="150" height="170"/></clipPath><mask id="m">'
        '<g clip-path="url(#c)" fill="#fff"><blob/></g></mask></defs>'
        '<photo x="40" y="50" mask="url(#m)"/>'
    ),
}
_LOOKS = {
    "a faded photo": Document('<photo x="40" y="50" opacity="30%"/>'),
    "a blended layer": Document('<g style="mix-blend-mode:multiply;isolation:isolate"><photo/></g>'),
    "a blurred photo": Document(
        '<defs><filter id="f"><feGaussianBlur stdDeviation="1"/></filter></defs>'
        '<photo x="40" y="50" filter="url(#f)"/>',
        region=False,
    ),
    "a photo in another language before one": Document(
        '<switch><g systemLanguage="xx">'
        '<image id="foreign" x=\'5\' y=\'5\' width="300" height="200" xlink:href="other.png"/></g><photo/>'
        "</switch>"
    ),
    "a photo behind what only another program knows": Document(
        "<switch>"
        '<foreignObject requiredExtensions="http://ns.adobe.com/AdobeIllustrator/10.0/" width="1" '
        'height="1"/><g><photo/></g></switch>'
    ),
    "a photo for nobody": Document(
        "<image id=\"foreign\" x='5' y='5' systemLanguage='xx' width=\"300\" height=\"200\" "
        'xlink:href="other.png"/><photo/>'
    ),
    "a style stronger than its sheet": Document(
        "<style>#photo { display: none }</style><photo x='40' y='50' style='display:inline'/>"
    ),
    "a sheet stronger than an attribute": Document(
        "<style>#photo { display: inline }</style><photo x='40' y='50' display='none'/>"
    ),
    "the last rule counts": Document(
        "<style>.a { display: none } .b { display: inline }</style><photo x='40' y='50' class='b a'/>"
    ),
    "the nearer rule counts": Document(
        "<style>#photo { display: inline } image.a { display: none }</style><photo x='40' y='50' class='a'/>"
    ),
}

SHOWN = {**_UNITS_AND_VIEWS, **_ASPECT, **_NESTED, **_TRANSFORMS, **_CLIPS, **_MASKS, **_LOOKS}
"""In which Inkscape may show something of a photo, and the sketch has to lie where it does."""

HIDDEN = {
    "em and ex": Document('<photo x="2em" y="3ex" width="12em" height="8em" style="font-size:20px"/>'),
    "em that is inherited": Document(
        "<g style=\"font-size:16px\"><photo x='2em' y='1em' width='15em' height='10em'/></g>"
    ),
    "only in defs": Document("<defs><photo/></defs>"),
    "only in a symbol": Document('<symbol id="s"><photo/></symbol>'),
    "only in a pattern": Document(
        '<defs><pattern id="p" width="300" height="200" patternUnits="userSpaceOnUse"><photo/></pattern>'
        '</defs><rect x="10" width="1" height="1" fill="none"/>'
    ),
    "only in a marker": Document('<defs><marker id="k"><photo/></marker></defs>'),
    "only in a mask": Document('<defs><mask id="m"><photo/></mask></defs>'),
    "a group for another language": Document('<switch><g systemLanguage="xx"><photo/></g></switch>'),
    "a switch that has chosen": Document("<switch><g/><photo/></switch>"),
    "a hidden layer around a shown one": Document('<g style="display:none"><g style="display:inline"><photo/></g></g>'),
    "important by a sheet": Document(
        "<style>image { display: none !important }</style><photo x='4' y='5' style='display:inline'/>"
    ),
    "a child selector of a sheet": Document("<style>g > g image { display: none }</style><g><g><photo/></g></g>"),
    "a clone of what is hidden": Document(
        "<defs><g id=\"g\"><photo x='9' y='9' display='none'/></g></defs><use id=\"u\" xlink:href=\"#g\"/>"
    ),
    "clipped by nothing": Document('<defs><clipPath id="c"/></defs><photo x="40" y="50" clip-path="url(#c)"/>'),
    "clipped beside itself": Document(
        '<defs><clipPath id="c"><rect x="-90" y="-90" width="50" height="50"/></clipPath></defs>'
        '<photo x="40" y="50" clip-path="url(#c)"/>'
    ),
    "masked by nothing": Document('<defs><mask id="m"/></defs><photo x="40" y="50" mask="url(#m)"/>'),
    "without a width": Document('<photo x="40" y="50" width="0" height="90"/>'),
    "faded to nothing": Document('<g opacity="0%"><photo/></g>'),
}
"""In which Inkscape shows nothing of a photo, so that a sentence says why there is no sketch."""
