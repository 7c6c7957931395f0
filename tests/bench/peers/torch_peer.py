"""PyTorch: see peer.py. The fused LSTM and GRU of torch.nn, batch first."""
import peer

options = peer.parse()
import numpy as np
import torch

torch.set_num_threads(options.threads)
torch.manual_seed(42)


class Net(torch.nn.Module):
    def __init__(self, cell, vocabulary, features, units, layers=1):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, features) if vocabulary else torch.nn.Identity()
        self.cell = cell(features, units, num_layers=layers, batch_first=True)
        self.dense = torch.nn.Linear(units, 1)

    def forward(self, x):
        return self.dense(self.cell(self.embedding(x))[0][:, -1])[:, 0]


LSTM, GRU = torch.nn.LSTM, torch.nn.GRU


def tokens(name, count=None):
    return torch.from_numpy(peer.reviews(options, name, count).astype(np.int64))


def training(net, x, usual, per_batch):
    """Seconds of an epoch, or of a batch."""
    y = torch.from_numpy(peer.reviews(options, "y.npy", len(x)).astype(np.float32))
    loss_of, optimizer = torch.nn.BCEWithLogitsLoss(), torch.optim.RMSprop(net.parameters(), 1e-4, alpha=0.9, eps=1e-7)

    def train(order):
        total = 0.0
        for batch in order.split(64):
            optimizer.zero_grad()
            loss = loss_of(net(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        return total

    train(torch.arange(64))
    batches = (len(x) + 63) // 64 if per_batch else 1
    epochs = peer.timed(options, usual, lambda: train(torch.randperm(len(x))), warm_up=per_batch)
    return [seconds / batches for seconds in epochs]


def inference(net, x, batch, usual):
    """Seconds of all of x."""
    net.eval()

    def predict():
        with torch.inference_mode():
            return [torch.sigmoid(net(part)) for part in x.split(batch)]

    return peer.timed(options, usual, predict)


def start():
    return inference(Net(LSTM, 500, 16, 8), tokens("x.npy", 1), 1, 1)


peer.measure(options, "PyTorch", "PyTorch " + torch.__version__, {
    "start": start,
    "reference": lambda: training(Net(LSTM, 500, 16, 8), tokens("x.npy"), 2, False),
    "stacked": lambda: training(Net(LSTM, 500, 16, 8, layers=2), tokens("x.npy"), 1, False),
    "gru": lambda: training(Net(GRU, 500, 16, 8), tokens("x.npy"), 1, False),
    "train-128": lambda: training(Net(LSTM, 20000, 128, 128), tokens("x_words.npy", 640), 1, True),
    "train-512": lambda: training(Net(LSTM, 0, 512, 512), torch.from_numpy(peer.features(128, 512)), 2, True),
    "predict-512": lambda: inference(Net(LSTM, 0, 512, 512), torch.from_numpy(peer.features(64, 512)), 64, 4),
    "predict": lambda: inference(Net(LSTM, 500, 16, 8), tokens("x_predict.npy"), 512, 3),
    "sequence": lambda: inference(Net(LSTM, 500, 16, 8), tokens("x.npy", 1), 1, 1000),
    "memory": lambda: training(Net(LSTM, 500, 16, 8), tokens("x.npy"), 1, False),
})
