"""`ui.map_pan_fps`: frames a second while a finger drags the map, in a real window under software graphics.

The demo territory's map and 400 pins at 1280 × 800. The finger moves 9 pixels a frame in great curves: new tiles
come into view all the time; the real map thread reads and decodes them meanwhile. Kivy's limit of frames is off: the
figure is what the machine can draw, `min` the slowest second. `cpu_ms` is the processor time of one frame on all its
threads, the map's own among them: half of it is what a frame takes on two free cores.

Usage: python -m bench.bench_map
"""

from __future__ import annotations

import json
import math
import os
import queue
import random
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.maps import Pin, gather, project
from kiosk.flow.effects import OpenMap
from kiosk.flow.events import MapArrived
from tests.screens.render import ROOT, Stage, prepare_environment, start_xvfb

SIZE = (1280, 800)
PINS = 400
SEED = 20261125
WARM_FRAMES = 60
OPEN_SECONDS = 30.0
SECONDS = 8.0
STEP_PX = 9.0
MAP = ROOT / "assets" / "map" / "pays-du-bon-coin.mbtiles"


def pins() -> tuple[Pin, ...]:
    chance = random.Random(SEED)
    kinds = ("wine", "food", "outings", "walks", "stay")
    return tuple(
        Pin(str(number), chance.choice(kinds), project(chance.uniform(43.86, 44.13), chance.uniform(5.05, 5.45)))
        for number in range(PINS)
    )


def measure(stage: Stage) -> tuple[list[float], int, float]:
    """Seconds of each frame, how many tiles were read from the file, seconds of processor time on all threads."""
    from kivy.tests.common import UnitTestTouch

    from kiosk.widgets.tile_decoder import decode_tile
    from kiosk.workers.map import MapWorker
    from tests.screens.samples import MAP as STATE
    from tests.screens.samples import SHELL

    decoded = 0

    def decode(data: bytes) -> Any:
        nonlocal decoded
        decoded += 1
        return decode_tile(data)

    news: queue.Queue[Any] = queue.Queue()
    worker = MapWorker(lambda: Path(MAP), lambda: None, decode, news.put)
    worker.start()
    try:
        worker.ask(OpenMap(1, 1))
        answer = news.get(timeout=OPEN_SECONDS)
        while not isinstance(answer, MapArrived):
            answer = news.get(timeout=OPEN_SECONDS)
        info = answer.info
        stage.tiles = lambda: worker  # type: ignore[method-assign]
        marks = gather(pins(), 14, 62.0)
        view = stage.show(replace(STATE, zoom=14, info=info, marks=marks, total=PINS), SHELL, SIZE)
        widget = view.screen.ids.map
        stage.frames(WARM_FRAMES)
        finger = UnitTestTouch(*widget.center)
        finger.touch_down()
        times: list[float] = []
        processor = time.process_time()
        began = before = time.perf_counter()
        while before - began < SECONDS:
            angle = len(times) / 90.0
            x, y = finger.x + STEP_PX * math.cos(angle), finger.y + STEP_PX * math.sin(angle * 0.7)
            finger.touch_move(x, y)
            stage.frames(1)
            now = time.perf_counter()
            times.append(now - before)
            before = now
        processor = time.process_time() - processor
        finger.touch_up()
    finally:
        worker.stop()
    return times, decoded, processor


def by_second(times: list[float]) -> list[int]:
    """Frames of each whole second."""
    counts, total, frames = [], 0.0, 0
    for one in times:
        total += one
        frames += 1
        if total >= 1.0:
            counts.append(frames)
            total, frames = 0.0, 0
    return counts


def main() -> None:
    prepare_environment(size=SIZE)
    os.environ["KCFG_GRAPHICS_MAXFPS"] = "0"
    os.environ["KCFG_GRAPHICS_VSYNC"] = "0"
    xvfb = start_xvfb()
    try:
        stage = Stage()
        stage.open()
        times, decoded, processor = measure(stage)
    finally:
        if xvfb is not None:
            xvfb.terminate()
            xvfb.wait(timeout=10)
    line = {
        "name": "ui.map_pan_fps",
        "value": round(len(times) / sum(times), 1),
        "unit": "frames/s",
        "n": len(times),
        "min": min(by_second(times)),
        "max": max(by_second(times)),
        "frame_p50_ms": round(statistics.median(times) * 1000, 2),
        "frame_p99_ms": round(sorted(times)[int(len(times) * 0.99)] * 1000, 2),
        "cpu_ms": round(processor / len(times) * 1000, 2),
        "tiles_decoded": decoded,
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
