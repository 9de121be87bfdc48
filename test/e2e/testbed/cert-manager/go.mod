// Tests read the CRDs from this module; nothing is built from it.
module testbed/cert-manager

go 1.26.8

require github.com/cert-manager/cert-manager v1.21.2
