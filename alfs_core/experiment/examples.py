"""Command lines and a config as the repositories of three papers have them.

From the README of hitcszx/ALFs, of HanxunH/Active-Passive-Losses and of
cswjl/joint-asymmetric-loss; the settings that bear on the verdict of the second one's
``configs/cifar10/asym/nce+rce.yaml``, with the rate that its program takes as an option.
"""

EXAMPLES = {
    "ALFs repository": """\
python3 main.py --noise_type symmetric \\
                --noise_rate 0.4 \\
                --loss       AGCE
""",
    "APL repository": """\
python3 train.py --nr           0.4 \\
                 --loss         NCEandRCE \\
                 --alpha        10.0 \\
                 --beta         0.1 \\
                 --l2_reg       1e-5 \\
                 --dataset_type cifar100 \\
                 --run_version  run1 \\
                 --seed         123
""",
    "APL config": """\
noise_rate: 0.4
dataset:
  name: DatasetGenerator
  asym: True
  dataset_type: 'CIFAR10'
criterion:
  name: NCEandRCE
  num_classes: 10
  alpha: 1.0
  beta: 1.0
""",
    "JAL repository": """\
python main.py --dataset cifar10 --noise_type symmetric --noise_rate 0.8 --loss NCEandAMSE
""",
}
