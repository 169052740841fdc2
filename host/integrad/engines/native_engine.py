from integrad.errors import IntegradError


class NativeEngine:
    def __init__(self, network, threads=None):
        raise IntegradError("not yet")
