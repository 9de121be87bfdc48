module node/modules

go 1.26.0
