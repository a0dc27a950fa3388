"""Landmarks into pictures: a skeleton over any picture, or a solid drawn signer; as mp4, GIF or PNG."""

from chereme.render.sheet import SheetRow, contact_sheet
from chereme.render.face import SignerStyle
from chereme.render.signer import draw_signer
from chereme.render.skeleton import draw_skeleton, render_skeleton
from chereme.render.video import write_picture, write_pictures, write_video

__all__ = [
    "SheetRow",
    "SignerStyle",
    "contact_sheet",
    "draw_signer",
    "draw_skeleton",
    "render_skeleton",
    "write_picture",
    "write_pictures",
    "write_video",
]
