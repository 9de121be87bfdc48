// Tests read the CRD of PolicyReports from this module; nothing is built from it.
module testbed/kyverno

go 1.26.8

require github.com/kyverno/kyverno v1.19.1
