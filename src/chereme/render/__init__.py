"""Landmarks into pictures: a solid or flat signer, or a skeleton; as film, picture, vectors or page."""

from chereme.render.compare import beside
from chereme.render.face import SignerStyle
from chereme.render.flat import draw_flat
from chereme.render.output import SUFFIXES, check_suffix, render_to, render_together
from chereme.render.sheet import SheetRow, contact_sheet
from chereme.render.signer import draw_signer
from chereme.render.skeleton import draw_skeleton, render_skeleton
from chereme.render.styles import STYLES, draw_pose
from chereme.render.video import write_picture, write_pictures, write_video
from chereme.render.viewer import write_viewer

__all__ = [
    "STYLES",
    "SUFFIXES",
    "SheetRow",
    "SignerStyle",
    "beside",
    "check_suffix",
    "contact_sheet",
    "draw_flat",
    "draw_pose",
    "draw_signer",
    "draw_skeleton",
    "render_skeleton",
    "render_to",
    "render_together",
    "write_picture",
    "write_pictures",
    "write_video",
    "write_viewer",
]
