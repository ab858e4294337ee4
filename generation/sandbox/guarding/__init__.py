"""The guard that comes with the sandbox model: trained on its own answers, labelled by the grammar."""
