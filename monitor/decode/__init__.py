"""From raw records to columns."""

from monitor.decode.decoder import Decoder, compile_decoder

__all__ = ["Decoder", "compile_decoder"]
