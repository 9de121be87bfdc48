// hello prints a line with its arguments. Like the other modules, it then lingers: containerd can lose the output of a container
// that ends at once.
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	fmt.Println("hello from Go", os.Args)
	time.Sleep(300 * time.Millisecond)
}
