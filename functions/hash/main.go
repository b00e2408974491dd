// Command hash is the Lambda function that hashes passwords. It has no right to any table.
package main

import "serverlesschat/internal/app"

func main() { app.Run("hash", app.Hash) }
