"""The consumers, a module a family, its readers in ``CONSUMERS``. A program is imported when it is to read."""

from __future__ import annotations

from trainers.seen import Consumer

from . import (
    coco_api,
    datumaro_sets,
    detectron_rules,
    kitti_rules,
    labelformat_inputs,
    rfdetr_sets,
    sagemaker_rules,
    supervision_sets,
    torchvision_sets,
    ultralytics_sets,
)

CONSUMERS: list[Consumer] = [
    *coco_api.CONSUMERS,
    *torchvision_sets.CONSUMERS,
    *detectron_rules.CONSUMERS,
    *ultralytics_sets.CONSUMERS,
    *supervision_sets.CONSUMERS,
    *datumaro_sets.CONSUMERS,
    *labelformat_inputs.CONSUMERS,
    *rfdetr_sets.CONSUMERS,
    *kitti_rules.CONSUMERS,
    *sagemaker_rules.CONSUMERS,
]
