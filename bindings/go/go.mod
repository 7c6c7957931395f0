module libtinylstm/bindings/go

go 1.24
