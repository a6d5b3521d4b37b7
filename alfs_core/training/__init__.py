"""The race: one trainer, several losses, the same images and wrong labels."""
