// Tests read the CRD of Reports from this module; nothing is built from it.
module testbed/openreports

go 1.26.8

require github.com/openreports/reports-api v0.2.1
