# The program in a container: docker build -t larder . && docker run --rm --network host larder dns --stub
FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ cmake ninja-build pkg-config libboost1.81-dev libboost-json1.81-dev \
    libboost-url1.81-dev libssl-dev libzstd-dev libcli11-dev libgrpc++-dev protobuf-compiler-grpc libprotobuf-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cmake --preset release -DLARDER_TESTS=OFF -DLARDER_EXAMPLES=OFF && cmake --build build/release --target larder_app \
    && strip build/release/bin/larder

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libboost-json1.81.0 libboost-url1.81.0 libssl3 libzstd1 libgrpc++1.51 \
    libprotobuf32 && rm -rf /var/lib/apt/lists/* && useradd --system larder
COPY --from=build /src/build/release/bin/larder /usr/local/bin/larder
USER larder
ENTRYPOINT ["larder"]
CMD ["--help"]
