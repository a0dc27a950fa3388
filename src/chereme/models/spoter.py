"""SPOTER (Bohacek and Hruz 2022): a Transformer whose decoder asks the frames of a clip one learned question."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from chereme.models.config import ModelConfig
from chereme.models.encoder import EncoderLayer
from chereme.models.layers import Dropout, PositionalEncoding

__all__ = ["QueryLayer", "Spoter"]


class QueryLayer(nn.Module):
    """A decoder layer for a single query, which has nobody to attend to but the frames; norm after each part.

    Gives what SPOTER's own layer gives with the same weights. In place of the attention of queries among themselves
    that one adds the query to itself.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.drop = config.dropout
        self.ask = nn.Linear(width, width)
        self.answer = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.Linear(width, config.feed), nn.ReLU(), Dropout(config.dropout), nn.Linear(config.feed, width)
        )
        self.query_norm = nn.LayerNorm(width)
        self.attention_norm = nn.LayerNorm(width)
        self.feed_norm = nn.LayerNorm(width)
        self.dropout = Dropout(config.dropout)

    def forward(self, query: Tensor, frames: Tensor, mask: Tensor) -> Tensor:
        """Query (B, D) and frames (B, T, D) to the query of the next layer (B, D); mask (B, T) is true on frames."""
        query = self.query_norm(query + self.dropout(query))
        query = self.attention_norm(query + self.dropout(self._attend(query, frames, mask)))
        return torch.as_tensor(self.feed_norm(query + self.dropout(self.feed(query))))

    def _attend(self, query: Tensor, frames: Tensor, mask: Tensor) -> Tensor:
        batch, count, width = frames.shape
        size = width // self.heads
        asked = self.ask(query).view(batch, self.heads, 1, size)
        key, value = self.answer(frames).view(batch, count, 2, self.heads, size).permute(2, 0, 3, 1, 4).unbind(0)
        drop = self.drop if self.training else 0.0
        seen = F.scaled_dot_product_attention(asked, key, value, attn_mask=mask[:, None, None, :], dropout_p=drop)
        return torch.as_tensor(self.out(seen.reshape(batch, width)))


class Spoter(nn.Module):
    """As many encoder layers over the frames as decoder layers over one class query, then a linear classifier.

    Source: M. Bohacek and M. Hruz, "Sign Pose-Based Transformer for Word-Level Sign Language Recognition", WACVW 2022,
    and xmartlabs/spoter-embeddings. We differ: there every frame gets the same learned vector, so that a sign and the
    same sign backwards are one; here the frame's number is told as well, by sines that begin small and are weighed
    by a learned number. Other counts of features than the model's width pass a linear layer.
    """

    embeds = True
    """Its ONNX model gives the embedding beside the scores."""

    def __init__(self, inputs: int, classes: int, config: ModelConfig) -> None:
        super().__init__()
        width = config.width
        self.stem = nn.Identity() if inputs == width else nn.Linear(inputs, width)
        self.every_frame = nn.Parameter(torch.rand(width))
        self.positions = PositionalEncoding(width)
        self.position_weight = nn.Parameter(torch.tensor(0.1))
        self.query = nn.Parameter(torch.rand(width))
        self.encode = nn.ModuleList(EncoderLayer(config) for _ in range(config.layers))
        self.encode_norm = nn.LayerNorm(width)
        self.decode = nn.ModuleList(QueryLayer(config) for _ in range(config.layers))
        self.decode_norm = nn.LayerNorm(width)
        self.classify = nn.Linear(width, classes)
        for weight in (*self.encode.parameters(), *self.decode.parameters()):
            if weight.ndim > 1:
                nn.init.xavier_uniform_(weight)

    def embed(self, features: Tensor, mask: Tensor) -> Tensor:
        """Embedding (B, D) of each clip: what the decoder made of the query."""
        frames = self.stem(features) + self.every_frame
        frames = frames + self.position_weight * self.positions(torch.zeros_like(frames))
        for layer in self.encode:
            frames = layer(frames, mask)
        frames = self.encode_norm(frames)
        query = self.query.expand(features.shape[0], -1)  # len() would be a fixed number in ONNX
        for layer in self.decode:
            query = layer(query, frames, mask)
        return torch.as_tensor(self.decode_norm(query))

    def place(self, embedding: Tensor) -> Tensor:
        """Embeddings (B, D) brought to length 1, where signs compare by the dot product."""
        return F.normalize(embedding)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Logits (B, K)."""
        return torch.as_tensor(self.classify(self.embed(features, mask)))
