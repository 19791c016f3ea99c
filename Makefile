# Everything a developer does here. `make help` lists it.

VENV   := .venv
BIN    := $(VENV)/bin
SOURCE := $(wildcard src tests scripts benchmarks)
# Builds the environment once per content of pyproject.toml; the stamps live inside it.
DEMO_STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test
TRAIN_STAMP := $(VENV)/.installed-train
COMPARE_STAMP := $(VENV)/.installed-compare

.PHONY: help demo env test test-unit lint format wheel-check figures-start figures-segmentation \
        figures-boxes figures-altered figures-fab figures-saliency figures-review figures-speed figures-speed-model \
        figures-model figures-model-small figures-learning figures-learning-small \
        figures-backbones figures-subtypes figures-novelty figures-stain bundled-model model-card screenshots offline-kit \
        offline-kit-check clean clean-all

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{printf "  make %-21s %s\n", $$1, $$2}'

demo: $(DEMO_STAMP) ## analyse the bundled smear; results go to demo-output/
	$(BIN)/napari-all-subtype demo --out demo-output

env: $(TEST_STAMP) ## build .venv with everything that tests and development need

test: $(TEST_STAMP) ## all tests, those of windows on a virtual display
	@sh scripts/setup_system.sh
	sh scripts/run_tests.sh $(PYTEST_ARGS)

test-unit: $(TEST_STAMP) ## the quick tests, about four minutes together
	@sh scripts/setup_system.sh
	sh scripts/with_display.sh $(BIN)/python -m pytest -m "not slow and not window" $(PYTEST_ARGS)

lint: $(TEST_STAMP) ## style, format and the direction of imports
	$(BIN)/ruff check $(SOURCE)
	$(BIN)/ruff format --check $(SOURCE)
	$(BIN)/lint-imports --no-logo

format: $(TEST_STAMP) ## let ruff repair what it can
	$(BIN)/ruff check --fix $(SOURCE)
	$(BIN)/ruff format $(SOURCE)

wheel-check: $(DEMO_STAMP) ## the demo from the wheel, in a second, empty environment
	sh scripts/check_wheel.sh

figures-start: $(TEST_STAMP) ## measure on the development images; figures go to docs/figures/
	$(BIN)/python benchmarks/figures_start.py

figures-segmentation: $(TEST_STAMP) ## every method of finding cells, laboratory by laboratory
	$(BIN)/python benchmarks/figures_segmentation.py

figures-boxes: $(TEST_STAMP) ## where our boxes and the annotated ones disagree, and why
	$(BIN)/python benchmarks/box_disagreements.py

figures-altered: $(TEST_STAMP) ## FAB measures and scores of real blasts altered one criterion at a time
	$(BIN)/python benchmarks/altered_blasts.py

figures-fab: $(TEST_STAMP) ## how FAB measures rank simulated cells under blur and noise; three minutes
	$(BIN)/python benchmarks/fab_ranks.py

figures-saliency: $(TEST_STAMP) ## does the map of one cell follow what covering its parts does; minutes
	$(BIN)/python benchmarks/saliency_faithful.py

figures-speed: $(TEST_STAMP) ## seconds and memory; STARDIST_PYTHON=... sets StarDist beside it
	$(BIN)/python benchmarks/speed_segmentation.py \
	    $(if $(STARDIST_PYTHON),--stardist-python $(STARDIST_PYTHON))

figures-speed-model: $(TEST_STAMP) ## cells per second of the bundled model, beside VGG16
	$(BIN)/python benchmarks/speed_model.py

figures-review: $(TEST_STAMP) ## how fast smears are reviewed in a real window, and what kills lose; half an hour
	@sh scripts/setup_system.sh
	sh scripts/with_display.sh $(BIN)/python benchmarks/figures_review.py $(FIGURES_ARGS)

figures-model: $(TRAIN_STAMP) ## the bundled model on laboratories left out; kept fold by fold, 75 min
	$(BIN)/python scripts/train_bundled.py evaluate

figures-model-small: $(TRAIN_STAMP) ## the figures of the model on few cells and draws, to see that all works; four minutes
	$(BIN)/python scripts/train_bundled.py try

figures-backbones: $(COMPARE_STAMP) ## other networks and other crops on the same laboratories; two hours
	$(BIN)/python scripts/compare_backbones.py

figures-subtypes: $(TRAIN_STAMP) ## what L1, L2, L3 and Blast follow: the simulator and the FAB rules
	$(BIN)/python scripts/bundled_subtypes.py

figures-novelty: $(TRAIN_STAMP) ## what is called unknown, and whether other laboratories' cells are
	$(BIN)/python scripts/bundled_novelty.py

figures-stain: $(TRAIN_STAMP) ## which stains are warned of, ordinary ones and distorted ones
	$(BIN)/python scripts/bundled_stain.py

figures-learning: $(TRAIN_STAMP) ## self-training, feedback and a new laboratory; kept seed by seed, an hour
	$(BIN)/python benchmarks/figures_learning.py $(ROWS)

figures-learning-small: $(TRAIN_STAMP) ## the same on few cells and one seed, to see that all works; two minutes
	$(BIN)/python benchmarks/figures_learning.py --small

bundled-model: $(TRAIN_STAMP) ## the bundled model: its figures, its weights and card, all pages on it; two hours
	$(BIN)/python scripts/train_bundled.py evaluate
	$(BIN)/python scripts/train_bundled.py fit
	$(MAKE) figures-novelty figures-stain figures-subtypes figures-speed-model figures-saliency model-card

model-card: $(TRAIN_STAMP) ## docs/model-card.md with its pictures, from the kept folds; four minutes
	$(BIN)/python scripts/model_card.py

screenshots: $(TEST_STAMP) ## the pictures of the README, taken from a real window
	@sh scripts/setup_system.sh
	sh scripts/with_display.sh $(BIN)/python scripts/screenshots.py

offline-kit: $(DEMO_STAMP) ## folders from which unconnected machines install
	$(BIN)/python scripts/offline_kit.py

offline-kit-check: ## install offline-kit/ with the network cut off and run the demo
	sh scripts/check_offline_kit.sh

clean: ## remove what was built and written, keep the environment
	rm -rf build dist demo-output offline-kit offline-kit-windows .pytest_cache .ruff_cache \
	    .hypothesis .import_linter_cache
	find src tests scripts benchmarks -name __pycache__ -prune -exec rm -rf {} +

clean-all: clean ## remove the environment too
	rm -rf $(VENV)

$(DEMO_STAMP): pyproject.toml scripts/make_env.sh
	@sh scripts/make_env.sh
	@touch $@

$(TEST_STAMP): pyproject.toml scripts/make_env.sh
	@sh scripts/make_env.sh test
	@touch $(DEMO_STAMP) $@

$(TRAIN_STAMP): pyproject.toml scripts/make_env.sh
	@sh scripts/make_env.sh test,train
	@touch $(DEMO_STAMP) $(TEST_STAMP) $@

$(COMPARE_STAMP): pyproject.toml scripts/make_env.sh
	@sh scripts/make_env.sh test,train,compare
	@touch $(DEMO_STAMP) $(TEST_STAMP) $(TRAIN_STAMP) $@
