from app import greet

greet("John")
