// Tests read the CRDs from this module; nothing is built from it.
module testbed/prometheus-operator

go 1.26.8

require github.com/prometheus-operator/prometheus-operator v0.85.0
