"""One label for one word; numbers off, names kept."""

import pytest

from chereme.curate.config import CurateConfig, SourceConfig
from chereme.curate.labels import clip_is_named, gloss_of, plain, read_label

CONFIG = CurateConfig()


@pytest.mark.parametrize(
    ("label", "gloss"),
    [
        ("Guarda-Chuva ", "guarda_chuva"),
        ("GUARDA CHUVA", "guarda_chuva"),
        ("Com\tlicença\n", "com_licença"),
        ("Cafe\u0301", "café"),  # typed as two characters
        ("AVÓ", "avó"),
        ("AVÔ", "avô"),
        (" — ", ""),
    ],
)
def test_labels_of_one_word_meet_and_accents_stay(label, gloss):
    assert gloss_of(label) == gloss


@pytest.mark.parametrize(
    ("source", "label", "read"),
    [
        ("ines", "ABRIR2", ("abrir", "2")),
        ("ines", "PÉ12", ("pé", "12")),
        ("ines", "ABRIR", ("abrir", "0")),
        ("ines", "100", ("100", "0")),  # a number is a word, too
        ("signbank", "ABRIR-2", ("abrir", "2")),
        ("signbank", "ABRIR2", ("abrir", "2")),
        ("signbank", "ABRIR", ("abrir", "1")),
        ("signbank", "BEM-20", ("bem_20", "1")),
        ("signbank", "L1", ("l1", "1")),
        ("signbank", "PS4", ("ps4", "1")),
        ("signbank", "À-TOA-3", ("à_toa", "3")),
        ("vlibrasil", "Casa 2 ", ("casa_2", "0")),
    ],
)
def test_numbers_are_read_as_each_source_writes_them(source, label, read):
    assert read_label(label, CONFIG.source(source)) == read


def test_a_name_with_a_number_can_be_said_to_be_one():
    assert read_label("TREM7", SourceConfig("s", numbers="digits", names=("TREM7",))) == ("trem7", "0")


@pytest.mark.parametrize(
    ("gloss", "url", "own"),
    [
        ("ajudar", "http://x.test/2018/05/709-ajudar.mp4", True),
        ("água", "http://x.test/2018/05/12-%C3%81GUA.mp4", True),
        ("guarda_chuva", "http://x.test/guarda-chuva-1.mp4", True),
        ("atencioso", "http://x.test/33-atensioso.mp4", True),  # misspelt
        ("estante", "http://x.test/12-restaurante.mp4", False),  # though both hold "est" and "tan"
        ("pai", "http://x.test/12-mochila.mp4", False),
        ("pai", "http://x.test/12.mp4", True),  # a number says nothing
        ("banco_(agência)", "http://x.test/1280-bancodinheiro.mp4", True),  # a remark
        ("pé", "http://x.test/1172-pe.mp4", True),
        ("açaí", "http://x.test/a%C3%A7a%C3%AD.mp4", True),
    ],
)
def test_whole_names_are_compared(gloss, url, own):
    assert clip_is_named(gloss, url) is own


def test_plain():
    assert plain("Pôr do-Sol 2") == "pordosol2"
