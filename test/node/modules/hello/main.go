// hello prints a line with its arguments.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("hello from Go", os.Args)
}
